fun divide(a: Int, b: Int) = a / b

fun main() {
    println(divide(1, 0))
}
