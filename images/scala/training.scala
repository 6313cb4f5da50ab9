import scala.collection.mutable
import scala.util.{Failure, Success, Try}

/** Touches what programs commonly use, so that these classes are in the class data archive. */
sealed trait Tree[+A]
case class Node[A](left: Tree[A], value: A, right: Tree[A]) extends Tree[A]
case object Leaf extends Tree[Nothing]

trait Named { def name: String; def greet: String = s"I am $name" }
class Person(val name: String, var age: Int) extends Named with Ordered[Person] {
  def compare(that: Person): Int = age - that.age
}

object Main {
  implicit class Doubled(n: Int) { def doubled: Int = n * 2 }

  def insert[A](tree: Tree[A], value: A)(implicit order: Ordering[A]): Tree[A] = tree match {
    case Leaf => Node(Leaf, value, Leaf)
    case Node(left, v, right) if order.lt(value, v) => Node(insert(left, value), v, right)
    case Node(left, v, right) => Node(left, v, insert(right, value))
  }

  def main(args: Array[String]): Unit = {
    val lines = Option(scala.io.StdIn.readLine()).toList ++ scala.io.Source.fromString("a b\nc").getLines
    println(lines.flatMap(_.split(" ")).groupBy(_.length).mapValues(_.size).toMap)
    val numbers = (1 to 20).filter(_ % 3 == 0).map(_.doubled).toList
    println(numbers.sum + numbers.foldLeft(1)(_ max _) + numbers.zipWithIndex.mkString("[", ",", "]"))
    println(List(3, 1, 2).sorted.reverse, Set(1, 2) | Set(3), Vector(1, 2).updated(0, 5), Array(1, 2).toSeq, Seq("b", "a").sortBy(identity))
    val counts = mutable.Map[String, Int]().withDefaultValue(0)
    for (word <- "the quick the".split(" ")) counts(word) += 1
    val buffer = mutable.ArrayBuffer(1, 2, 3)
    buffer += 4
    println(counts.toSeq.sortBy { case (word, n) => (-n, word) }, buffer, mutable.Queue(1).dequeue(), new mutable.PriorityQueue[Int]() += 1)
    println(Try("x".toInt) match { case Success(n) => n; case Failure(e) => e.getMessage })
    println(Seq(5, 2, 9).foldLeft(Leaf: Tree[Int])((tree, n) => insert(tree, n)))
    println(new Person("Ada", 36).greet, f"${1.5}%8.3f|${42}%05d|${"x"}%-4s|", "%s".format(1), BigInt(2).pow(100), BigDecimal("1.10"))
    lazy val stream: Stream[Int] = 1 #:: stream.map(_ * 2)
    println(stream.take(5).toList, for { a <- Some(1); b <- Right(2).right.toOption } yield a + b, Iterator.from(1).takeWhile(_ < 4).toList)
    val pattern = """(\w+)=(\d+)""".r
    "a=1" match { case pattern(key, value) => println(key + value) case _ => }
    try sys.error("problem") catch { case e: RuntimeException => println(e.getMessage) } finally println("done")
    var i = 0
    while (i < 3) i += 1
    println(i, (1, "two")._2, 'symbol, Array.fill(2, 2)(0).map(_.mkString(" ")).mkString("\n"))
  }
}
