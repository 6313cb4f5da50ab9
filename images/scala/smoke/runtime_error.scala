object Main {
  def divide(a: Int, b: Int): Int = a / b

  def main(args: Array[String]): Unit = {
    println(divide(1, 0))
  }
}
