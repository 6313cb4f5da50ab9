fun main() {
    var count = 0L
    while (true) {
        count++
    }
}
