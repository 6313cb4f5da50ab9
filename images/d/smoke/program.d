/// A tiny language of numbers and functions in prefix notation, and a report about the words of its source.
import std.algorithm, std.array, std.ascii, std.conv, std.exception, std.format, std.math, std.range, std.stdio, std.string,
    std.sumtype, std.typecons;

struct Number { double value; }
struct Name { string text; }
struct List { Expression[] items; }
alias Expression = SumType!(Number, Name, List);

class EvaluationError : Exception {
    mixin basicExceptionCtors;
}

string[] tokens(string text) {
    return text.replace("(", " ( ").replace(")", " ) ").split;
}

Expression parse(ref string[] rest) {
    enforce!EvaluationError(!rest.empty, "the end comes too early");
    auto token = rest.front;
    rest.popFront;
    if (token == "(") {
        Expression[] items;
        while (!rest.empty && rest.front != ")") items ~= parse(rest);
        enforce!EvaluationError(!rest.empty, ") is missing");
        rest.popFront;
        return Expression(List(items));
    }
    return token[0].isDigit ? Expression(Number(token.to!double)) : Expression(Name(token));
}

unittest {
    auto rest = tokens("(+ 1 2)");
    assert(rest == ["(", "+", "1", "2", ")"]);
}

alias Operation = double delegate(double[]);

Operation[string] operations;
double[string] variables;

double fold(alias f)(double[] values) => values.reduce!f;

static this() {
    static foreach (sign; ["+", "-", "*", "/"])
        operations[sign] = (double[] values) => fold!((a, b) => mixin("a " ~ sign ~ " b"))(values);
    operations["sqrt"] = values => sqrt(values[0]);
    operations["max"] = values => values.maxElement;
}

double evaluate(Expression expression) {
    return expression.match!(
        (Number number) => number.value,
        (Name name) => *enforce!EvaluationError(name.text in variables, name.text ~ " is not known"),
        (List list) {
            auto head = list.items[0].tryMatch!((Name name) => name.text);
            if (head == "let")
                return variables[list.items[1].tryMatch!((Name name) => name.text)] = evaluate(list.items[2]);
            auto operation = *enforce!EvaluationError(head in operations, "no operation " ~ head);
            return operation(list.items[1 .. $].map!evaluate.array);
        });
}

void main() {
    size_t[string] counts;
    foreach (number, line; stdin.byLineCopy.enumerate(1)) {
        auto rest = tokens(line);
        foreach (word; rest.filter!(token => token[0].isAlpha)) counts[word]++;
        try
            writefln("%2d: %-32s %10.4f", number, line, evaluate(parse(rest)));
        catch (EvaluationError error)
            writefln("%2d: %-32s ! %s", number, line, error.msg);
    }

    counts.byPair
        .array
        .multiSort!((a, b) => a.value > b.value, (a, b) => a.key < b.key)
        .take(4)
        .each!(pair => writefln("%-6s %s", pair.key, '*'.repeat(pair.value)));

    auto fibonacci = recurrence!((a, n) => a[n - 1] + a[n - 2])(0UL, 1UL);
    writeln(fibonacci.filter!(n => n % 2 == 0).take(8));
    enum squares = iota(1, 6).map!(n => n * n).array; // while compiling
    static assert(squares.sum == 55);
    writefln("%(%s, %) = %s", squares, squares.sum);
}
