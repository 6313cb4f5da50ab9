object Main {
  def main(args: Array[String]): Unit = {
    val größe = "Grüße, 世界 🌍"
    val line = scala.io.StdIn.readLine()
    println(größe)
    println(s"${new java.lang.StringBuilder(line).reverse} ${line.codePointCount(0, line.length)} ${line.toUpperCase}")
  }
}
