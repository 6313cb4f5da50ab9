object Main {
  def main(args: Array[String]): Unit = {
    var count = 0L
    while (true) {
      count += 1
    }
  }
}
