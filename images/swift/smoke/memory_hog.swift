var blocks: [[UInt8]] = []
while true {
    blocks.append([UInt8](repeating: UInt8(truncatingIfNeeded: blocks.count), count: 1 << 20))
    if blocks.count == 1 << 20 { print(blocks.count) }
}
