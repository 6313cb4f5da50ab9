import java.math.BigInteger
import java.util.PriorityQueue

// A stack machine: words become instructions, instructions change the stack.
sealed class Instruction
data class Push(val value: BigInteger) : Instruction()
data class Apply(val symbol: Char, val function: (BigInteger, BigInteger) -> BigInteger) : Instruction()
object Duplicate : Instruction()
object Swap : Instruction()

class MachineError(message: String) : Exception(message)

class Machine {
    private val stack = ArrayList<BigInteger>()

    private fun pop() = if (stack.isEmpty()) throw MachineError("empty stack") else stack.removeAt(stack.lastIndex)

    fun run(line: String): String {
        stack.clear()
        return try {
            line.split(Regex("\\s+")).map(::parse).forEach(::execute)
            stack.joinToString(" ")
        } catch (e: MachineError) {
            "error: ${e.message}"
        } catch (e: ArithmeticException) {
            "arithmetic: ${e.message}"
        }
    }

    private fun parse(word: String): Instruction = when {
        word.all { it.isDigit() } -> Push(word.toBigInteger())
        word == "dup" -> Duplicate
        word == "swap" -> Swap
        word in operators -> Apply(word[0], operators.getValue(word))
        else -> throw MachineError("unknown word '$word'")
    }

    private fun execute(instruction: Instruction) {
        when (instruction) {
            is Push -> stack += instruction.value
            is Apply -> {
                val b = pop()
                stack += instruction.function(pop(), b)
            }
            Duplicate -> pop().let { stack += listOf(it, it) }
            Swap -> {
                val (b, a) = pop() to pop()
                stack += b
                stack += a
            }
        }
    }

    companion object {
        private val operators: Map<String, (BigInteger, BigInteger) -> BigInteger> = mapOf(
            "+" to BigInteger::add,
            "-" to BigInteger::subtract,
            "*" to BigInteger::multiply,
            "/" to BigInteger::divide,
            "^" to { a: BigInteger, b: BigInteger -> a.pow(b.toInt()) }
        )
    }
}

// The shortest way through a landscape of digits.
data class Place(val x: Int, val y: Int) {
    fun neighbours() = listOf(copy(x = x - 1), copy(x = x + 1), copy(y = y - 1), copy(y = y + 1))
}

class Landscape(private val rows: List<String>) {
    operator fun get(place: Place): Int? = rows.getOrNull(place.y)?.getOrNull(place.x)?.let(Character::getNumericValue)

    fun cheapest(from: Place, to: Place): Int? {
        val best = mutableMapOf<Place, Int>()
        val queue = PriorityQueue<Pair<Place, Int>>(compareBy { it.second })
        queue += from to 0
        while (true) {
            val (place, cost) = queue.poll() ?: return null
            if (place == to) return cost
            if (best.getOrDefault(place, Int.MAX_VALUE) <= cost) continue
            best[place] = cost
            for (next in place.neighbours()) {
                this[next]?.let { queue += next to cost + it }
            }
        }
    }
}

interface Shape { val area: Double }
class Square(side: Double) : Shape { override val area = side * side }
class Circle(radius: Double) : Shape { override val area by lazy { Math.PI * radius * radius } }

inline fun <reified T> Iterable<*>.only(): List<T> = filterIsInstance<T>()

fun primes() = sequence {
    val found = mutableListOf<Int>()
    var candidate = 2
    while (true) {
        if (found.none { candidate % it == 0 }) {
            found += candidate
            yield(candidate)
        }
        candidate++
    }
}

fun main() {
    val machine = Machine()
    generateSequence(::readLine).takeWhile { it.isNotBlank() }.forEachIndexed { i, line ->
        println("${i + 1}. ${line.padEnd(14)}${machine.run(line)}")
    }

    val landscape = Landscape(
        """
        |1163
        |1381
        |2136
        |3694
        """.trimMargin().lines()
    )
    println(landscape.cheapest(Place(0, 0), Place(3, 3)))

    val shapes = listOf(Square(2.0), Circle(1.0), Square(1.5))
    println(shapes.sortedByDescending { it.area }.joinToString { "%s %.3f".format(it::class.java.simpleName, it.area) })
    println(shapes.only<Square>().sumByDouble { it.area })
    println(primes().dropWhile { it < 50 }.take(5).toList())
    val words = "the quick brown fox jumps over the lazy dog the end".split(' ')
    val (long, short) = words.distinct().partition { it.length > 3 }
    println("$long ${short.size} ${words.groupingBy { it }.eachCount().filterValues { it > 1 }}")
}
