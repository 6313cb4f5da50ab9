import scala.collection.mutable
import scala.util.Try
import scala.util.parsing.combinator.JavaTokenParsers

// A calculator: parsers become a tree, the tree is simplified, and has a value.
sealed trait Expression
case class Constant(value: Double) extends Expression
case class Variable(name: String) extends Expression
case class Binary(operator: Char, left: Expression, right: Expression) extends Expression

object Formula extends JavaTokenParsers {
  private def atom: Parser[Expression] =
    floatingPointNumber ^^ (text => Constant(text.toDouble)) | ident ^^ Variable | "(" ~> sum <~ ")"

  private def chain(operand: Parser[Expression], operators: String): Parser[Expression] =
    operand ~ rep(s"[$operators]".r ~ operand) ^^ {
      case first ~ rest => rest.foldLeft(first) { case (left, operator ~ right) => Binary(operator.head, left, right) }
    }

  private def product: Parser[Expression] = chain(atom, "*/")
  private def sum: Parser[Expression] = chain(product, "+\\-")

  def apply(text: String): Either[String, Expression] = parseAll(sum, text) match {
    case Success(tree, _) => Right(tree)
    case NoSuccess(_, next) => Left(s"error at column ${next.pos.column}")
  }

  def simplify(tree: Expression): Expression = tree match {
    case Binary(operator, left, right) =>
      (operator, simplify(left), simplify(right)) match {
        case ('*', Constant(0), _) | ('*', _, Constant(0)) => Constant(0)
        case ('*', Constant(1), other) => other
        case ('+', other, Constant(0)) => other
        case ('+', Constant(a), Constant(b)) => Constant(a + b)
        case (_, a, b) => Binary(operator, a, b)
      }
    case other => other
  }

  def show(tree: Expression): String = tree match {
    case Constant(value) => if (value.isWhole) value.toLong.toString else value.toString
    case Variable(name) => name
    case Binary(operator, left, right) => s"(${show(left)} $operator ${show(right)})"
  }

  def value(tree: Expression, names: Map[String, Double]): Option[Double] = tree match {
    case Constant(value) => Some(value)
    case Variable(name) => names.get(name)
    case Binary(operator, left, right) =>
      for (a <- value(left, names); b <- value(right, names)) yield operator match {
        case '+' => a + b
        case '-' => a - b
        case '*' => a * b
        case '/' => a / b
      }
  }
}

trait Greeter { def name: String; def greet: String = s"Hello from $name" }
trait Loud extends Greeter { override def greet: String = super.greet.toUpperCase + "!" }
class Town(val name: String) extends Greeter

object Main {
  def queens(n: Int): Seq[List[Int]] = {
    def place(row: Int): Seq[List[Int]] =
      if (row == 0) Seq(Nil)
      else for {
        others <- place(row - 1)
        column <- 0 until n
        if others.zipWithIndex.forall { case (c, i) => c != column && math.abs(c - column) != i + 1 }
      } yield column :: others
    place(n)
  }

  lazy val fibonacci: Stream[BigInt] = BigInt(0) #:: fibonacci.scanLeft(BigInt(1))(_ + _)

  def main(args: Array[String]): Unit = {
    val names = Map("x" -> 4.0, "half" -> 0.5)
    for (line <- io.Source.stdin.getLines) {
      val text = Formula(line) match {
        case Left(problem) => problem
        case Right(tree) =>
          val simple = Formula.simplify(tree)
          Formula.value(simple, names).fold(s"${Formula.show(simple)} = ?")(v => f"${Formula.show(simple)}%s = $v%.2f")
      }
      println(f"$line%-18s $text")
    }

    println(s"${queens(6).size} ${queens(6).head.mkString(" ")}")
    println(fibonacci(100))
    println((new Town("Ulm") with Loud).greet)
    val counts = mutable.Map.empty[Char, Int].withDefaultValue(0)
    "mississippi".foreach(letter => counts(letter) += 1)
    println(counts.toSeq.sortBy { case (letter, n) => (-n, letter) }.map { case (letter, n) => s"$letter$n" }.mkString(" "))
    println(Seq("12", "x", "30").flatMap(text => Try(text.toInt).toOption).sum)
    println((1 to 30).groupBy(_ % 4).toSeq.sortBy(_._1).map { case (rest, numbers) => rest -> numbers.sum })
  }
}
