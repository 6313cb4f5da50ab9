long count = 0
while (true) {
    count++
}
