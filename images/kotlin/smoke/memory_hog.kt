fun main() {
    val blocks = mutableListOf<IntArray>()
    while (true) {
        blocks.add(IntArray(64 * 1024) { it })
    }
}
