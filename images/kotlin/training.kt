import java.io.File

/** Touches what programs commonly use, so that these classes are in the class data archive. */
sealed class Tree<out T>
data class Node<T>(val left: Tree<T>, val value: T, val right: Tree<T>) : Tree<T>()
object Leaf : Tree<Nothing>()

enum class Colour { RED, GREEN }
interface Named { val name: String; fun greet() = "I am $name" }
class Person(override val name: String, var age: Int = 1) : Named, Comparable<Person> {
    val initial by lazy { name.first() }
    override fun compareTo(other: Person) = compareValuesBy(this, other, Person::age, Person::name)
    companion object { const val MAX = 3 }
}

fun <T : Comparable<T>> Tree<T>.insert(value: T): Tree<T> = when (this) {
    is Leaf -> Node(Leaf, value, Leaf)
    is Node -> if (value < this.value) copy(left = left.insert(value)) else copy(right = right.insert(value))
}

inline fun <reified T> Any.asOrNull(): T? = this as? T
operator fun Pair<Int, Int>.plus(other: Pair<Int, Int>) = Pair(first + other.first, second + other.second)
fun Int.isOdd() = this % 2 == 1

fun main(args: Array<String>) {
    val lines = (readLine() ?: "").split(" ") + "a b\nc".lines()
    println(lines.groupBy { it.length }.mapValues { it.value.size })
    val numbers = (1..20).filter { it % 3 == 0 }.map { it * 2 }
    println("${numbers.sum()} ${numbers.fold(1) { a, b -> maxOf(a, b) }} ${numbers.joinToString(prefix = "[", postfix = "]")}")
    println(listOf(3, 1, 2).sorted() + setOf(1, 2).union(listOf(3)) + arrayOf(1, 2).toList() + intArrayOf(4, 5).asList())
    val counts = mutableMapOf<String, Int>()
    for (word in "the quick the".split(" ")) counts[word] = counts.getOrDefault(word, 0) + 1
    println(counts.entries.sortedWith(compareByDescending<Map.Entry<String, Int>> { it.value }.thenBy { it.key }))
    for ((key, value) in counts) println("%s %5d %.2f".format(key, value, 1.5))
    var tree: Tree<Int> = Leaf
    for (n in listOf(5, 2, 9)) tree = tree.insert(n)
    println("$tree ${Person("Ada", 36).greet()} ${Person("Bob").initial} ${Colour.valueOf("RED")} ${Person.MAX}")
    println(generateSequence(1) { it * 2 }.takeWhile { it < 100 }.filter(Int::isOdd).toList())
    val text: String? = if (args.isEmpty()) null else args[0]
    println(text?.length ?: -1)
    try { "x".toInt() } catch (e: NumberFormatException) { println(e.message) } finally { println("done") }
    println((1 to 2) + (3 to 4))
    println(with(StringBuilder()) { append(1).append("x"); toString() } + buildString(3))
    println(Regex("(\\w+)=(\\d+)").findAll("a=1 b=2").map { it.groupValues[1] }.toList())
    println(numbers.asSequence().map { it + 1 }.zip(numbers.asSequence()).associate { it }.maxBy { it.value })
    println(2.toBigInteger().pow(100), "x".asOrNull<Int>())
    repeat(2) { i -> print(i) }
    for (i in 10 downTo 1 step 3) print(i)
    val function: (Int) -> Int = { it + 1 }
    println(function(1).let { it + 1 }.also { println(it) } + "abc".reversed().toUpperCase().count { it == 'A' } + File("/tmp").name.length)
    println(numbers.chunked(2).flatten().partition { it > 10 }.toList() + listOf(1, 2, 3).windowed(2) + Array(2) { IntArray(2) }.size)
}

fun buildString(n: Int): String = buildString { for (c in 'a'..'c') append(c.toString().repeat(n)) }
fun println(a: Any?, b: Any?) = println("$a $b")
