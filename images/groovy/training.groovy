// Touches what programs commonly use, so that these classes are in the class data archive.
import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import groovy.transform.*

@Canonical class Point { int x; int y; Point plus(Point other) { new Point(x + other.x, y + other.y) } }
trait Named { String name; String greet() { "I am $name" } }
class Person implements Named { int age }
enum Colour { RED, GREEN }
interface Shape { double area() }

@CompileStatic int fast(int n) { int sum = 0; for (int i = 0; i < n; i++) sum += i; sum }

def line = System.in.newReader().readLine()
println line?.tokenize()?.collect { it.toUpperCase() }
def counts = [:].withDefault { 0 }
'the quick the'.split(' ').each { counts[it]++ }
println counts.sort { -it.value }.collect { k, v -> "$k=$v" }.join(', ')
println((1..20).findAll { it % 3 == 0 }.sum() + [3, 1, 2].sort().inject(0) { a, b -> a * 10 + b })
println new Point(1, 2) + new Point(3, 4)
println new Person(name: 'Ada', age: 36).greet() + ' ' + Colour.RED + ([3, 1] as Set) + [1, 2]*.toString()
printf('%5d %.2f%n', 42, 1.5)
println 1.1 + 2.2 + (2 ** 100) + fast(100)
println JsonOutput.toJson([a: 1, b: [1, 2]]) + new JsonSlurper().parseText('{"x": [1, null]}').x
def shape = { -> 2.0d } as Shape
println shape.area() + ' ' + [[1, 2], [3]].flatten().groupBy { it % 2 }.toString()
switch (line) { case ~/\d+/: println 'number'; break; case String: println 'text'; break; default: println 'none' }
def (a, b) = [1, 2]
try { assert a == b } catch (AssertionError e) { println e.message.readLines().first() }
try { null.length() } catch (NullPointerException e) { println e.message }
def text = """several
lines $a ${b ?: 0}"""
println text.readLines()*.size() + (text =~ /l\w+/).collect { it } + 'abc'[-1..0] + 'x'.padLeft(3)
def memo
memo = { n -> n < 2 ? n : memo(n - 1) + memo(n - 2) }.memoize()
println memo(30) + [1, 2, 3].max() + (5..1).step(2).sum()
for (entry in [p: 1]) println entry.key
use(groovy.time.TimeCategory) { println 1.day.toString() }
println((new StringBuilder() << 'x' << 1).toString())
println([1, 2, 3].stream().map { it * 2 }.toArray().length)
