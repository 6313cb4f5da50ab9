def blocks = []
while (true) {
    def block = new int[64 * 1024]
    Arrays.fill(block, blocks.size())
    blocks << block
}
