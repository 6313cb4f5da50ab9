object Main {
  def main(args: Array[String]): Unit = {
    var blocks = List.empty[Array[Int]]
    while (true) {
      blocks = Array.fill(64 * 1024)(7) :: blocks
    }
  }
}
