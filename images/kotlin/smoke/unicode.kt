fun main() {
    val größe = "Grüße, 世界 🌍"
    val line = readLine()!!
    println(größe)
    println("${StringBuilder(line).reverse()} ${line.codePointCount(0, line.length)} ${line.toUpperCase()}")
}
