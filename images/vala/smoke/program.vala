/* An expression parser with error domains, interfaces and properties, signals, generics, closures
   and the collections of Gee. */

errordomain ParseError { UNEXPECTED, END }

interface Node : Object {
    public abstract double value(Gee.Map<string, double?> names) throws ParseError;
}

class Number : Object, Node {
    private double number;
    public Number(double number) { this.number = number; }
    public double value(Gee.Map<string, double?> names) { return number; }
}

class Name : Object, Node {
    private string name;
    public Name(string name) { this.name = name; }
    public double value(Gee.Map<string, double?> names) throws ParseError {
        if (!names.has_key(name)) throw new ParseError.UNEXPECTED("unknown name " + name);
        return names[name];
    }
}

class Operation : Object, Node {
    private unichar sign;
    private Node left;
    private Node right;
    public Operation(unichar sign, Node left, Node right) {
        this.sign = sign;
        this.left = left;
        this.right = right;
    }
    public double value(Gee.Map<string, double?> names) throws ParseError {
        double a = left.value(names), b = right.value(names);
        switch (sign) {
        case '+': return a + b;
        case '-': return a - b;
        case '*': return a * b;
        default: return a / b;
        }
    }
}

class Parser {
    private string[] tokens;
    private int at = 0;

    public Parser(string text) {
        try {
            MatchInfo found;
            new Regex("[0-9.]+|[a-z]+|[-+*/()]").match(text, 0, out found);
            while (found.matches()) {
                tokens += found.fetch(0);
                found.next();
            }
        } catch (RegexError e) {
            assert_not_reached();
        }
    }

    private bool next_is(string signs) {
        return at < tokens.length && signs.contains(tokens[at]);
    }

    public Node whole() throws ParseError {
        var e = sum();
        if (at < tokens.length) throw new ParseError.UNEXPECTED("unexpected " + tokens[at]);
        return e;
    }

    private Node sum() throws ParseError {
        var left = product();
        while (next_is("+-")) {
            unichar sign = tokens[at++].get_char();
            left = new Operation(sign, left, product());
        }
        return left;
    }

    private Node product() throws ParseError {
        var left = factor();
        while (next_is("*/")) {
            unichar sign = tokens[at++].get_char();
            left = new Operation(sign, left, factor());
        }
        return left;
    }

    private Node factor() throws ParseError {
        if (at >= tokens.length) throw new ParseError.END("unexpected end");
        string token = tokens[at++];
        if (token == "(") {
            var e = sum();
            if (!next_is(")")) throw new ParseError.UNEXPECTED(") expected");
            at++;
            return e;
        }
        return token.get_char().isdigit() ? (Node) new Number(double.parse(token)) : new Name(token);
    }
}

class Stock : Object {
    public signal void sold_out(string item);
    private Gee.TreeMap<string, int> items = new Gee.TreeMap<string, int>();

    public int total { get { return items.values.fold<int>((n, sum) => n + sum, 0); } }

    public void put(string item, int n) { items[item] = items[item] + n; }

    public void take(string item, int n) {
        items[item] = int.max(0, items[item] - n);
        if (items[item] == 0) sold_out(item);
    }
}

int depth(int n) {
    return n == 0 ? 0 : 1 + depth(n - 1);
}

void main() {
    var names = new Gee.HashMap<string, double?>();
    names["x"] = 7;
    string? line;
    while ((line = stdin.read_line()) != null) {
        try {
            print("%s = %g\n", line, new Parser(line).whole().value(names));
        } catch (ParseError e) {
            print("%s: %s\n", line, e.message);
        }
    }

    var stock = new Stock();
    stock.sold_out.connect((item) => print("no more %s\n", item));
    stock.put("apples", 3);
    stock.put("pears", 5);
    stock.take("apples", 4);
    print("left: %d\n", stock.total);

    var words = new Gee.ArrayList<string>.wrap({ "pear", "fig", "banana", "kiwi" });
    words.sort((a, b) => a.length != b.length ? a.length - b.length : strcmp(a, b));
    print("%s\n", string.joinv(" ", words.to_array()));

    var text = new StringBuilder();
    for (int i = 1; i <= 3; i++) text.append_printf("%02d|%-4s|%6.2f\n", i, string.nfill(i, '*'), i / 3.0);
    print("%s", text.str);
    print("depth: %d\n", depth(200000));
}
