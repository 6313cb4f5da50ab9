import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import groovy.transform.Canonical
import groovy.transform.CompileStatic

// Orders, one JSON object a line, become a report.

@Canonical
class Order {
    String customer
    String article
    int count
    BigDecimal price

    BigDecimal getTotal() { count * price }
}

class Shop {
    final List<Order> orders = []
    private final Map<String, BigDecimal> discounts = [Ada: 0.10]

    Shop leftShift(Order order) {
        orders << order
        this
    }

    BigDecimal due(String customer) {
        def sum = orders.findAll { it.customer == customer }*.total.sum()
        (sum * (1 - (discounts[customer] ?: 0))).setScale(2, BigDecimal.ROUND_HALF_UP)
    }
}

// A builder in Groovy's way: unknown methods become elements.
class Outline {
    private final StringBuilder text = new StringBuilder()
    private int depth = 0

    def methodMissing(String name, arguments) {
        text << '  ' * depth << name
        arguments.findAll { !(it instanceof Closure) }.each { text << ' ' << it }
        text << '\n'
        def body = arguments.find { it instanceof Closure }
        if (body) {
            depth++
            body.delegate = this
            body.resolveStrategy = Closure.DELEGATE_FIRST
            body()
            depth--
        }
        this
    }

    String toString() { text.toString().trim() }
}

@CompileStatic
int collatz(long n) {
    int steps = 0
    while (n != 1) {
        n = n % 2 == 0 ? n.intdiv(2) as long : 3 * n + 1
        steps++
    }
    steps
}

trait Flying { String move() { "$name flies" } }
trait Swimming { String move() { "$name swims" } }
class Duck implements Flying, Swimming {
    String name
    String move() { Flying.super.move() + ', ' + Swimming.super.move() }
}

def shop = new Shop()
def slurper = new JsonSlurper()
System.in.eachLine { line, number ->
    try {
        shop << new Order(slurper.parseText(line) as Map)
    } catch (groovy.json.JsonException | MissingPropertyException e) {
        println "line $number: ${e.class.simpleName}"
    }
}

shop.orders.groupBy { it.customer }.sort().each { customer, orders ->
    println "${customer.padRight(5)}${orders.size()} ${shop.due(customer).toString().padLeft(8)}  ${orders*.article.join(', ')}"
}
def dearest = shop.orders.max { it.total }
println dearest
println JsonOutput.toJson([article: dearest.article, total: dearest.total, tags: ['a', null, true]])

println new Outline().menu('main') {
    file { open(1); save(2) }
    help()
}
println((1..1000).max { collatz(it) } + ' ' + collatz(871))
println new Duck(name: 'Donald').move()
def fibonacci
fibonacci = { n -> n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2) }.memoize()
println fibonacci(80G)
def matcher = 'from 2024-02-29 to 2025-03-01' =~ /(\d+)-(\d+)-(\d+)/
println matcher.collect { all, year, month, day -> "$day.$month.$year" }
def (first, second) = 'one two three'.tokenize()
println "$second $first ${[3, 1, 2].sort { -it }} ${[1, 2, 3, 4].collate(3)} ${10.power(20)}"
