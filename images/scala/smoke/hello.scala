object Main extends App {
  val name = scala.io.StdIn.readLine()
  println(s"Hello, $name!")
}
