var steps: UInt64 = 0
while true {
    steps &+= 1
    if steps == UInt64.max { print(steps) }
}
