// Expressions: read into a tree of a union type, simplified, derived, evaluated; with generics, guards, and async lines.
import { createInterface } from "node:readline";

type Expression =
    | { readonly kind: "number"; readonly value: number }
    | { readonly kind: "variable"; readonly name: string }
    | { readonly kind: "binary"; readonly operator: Operator; readonly left: Expression; readonly right: Expression };

const levels = [["+", "-"], ["*", "/"]] as const;
type Operator = (typeof levels)[number][number];

const number = (value: number): Expression => ({ kind: "number", value });
const binary = (operator: Operator, left: Expression, right: Expression): Expression =>
    ({ kind: "binary", operator, left, right });

class Unreadable extends Error {
    constructor(readonly column: number, message: string) {
        super(`column ${column}: ${message}`);
        this.name = "Unreadable";
    }
}

class Parser {
    private at = 0;
    private readonly tokens: { text: string; column: number }[];

    constructor(text: string) {
        this.tokens = [...text.matchAll(/\d+(?:\.\d+)?|[a-z]+|\S/g)]
            .map((match) => ({ text: match[0], column: (match.index ?? 0) + 1 }));
        this.tokens.push({ text: "", column: text.length + 1 });
    }

    parse(): Expression {
        const tree = this.level(0);
        if (this.token.text !== "") throw this.error(`unexpected ${this.token.text}`);
        return tree;
    }

    private get token() {
        return this.tokens[this.at];
    }

    private error(message: string): Unreadable {
        return new Unreadable(this.token.column, message);
    }

    private level(depth: number): Expression {
        if (depth === levels.length) return this.atom();
        let tree = this.level(depth + 1);
        const here: readonly Operator[] = levels[depth];
        for (let operator; (operator = here.find((one) => one === this.token.text)); ) {
            this.at++;
            tree = binary(operator, tree, this.level(depth + 1));
        }
        return tree;
    }

    private atom(): Expression {
        const { text } = this.token;
        if (/^\d/.test(text)) {
            this.at++;
            return number(Number(text));
        }
        if (/^[a-z]/.test(text)) {
            this.at++;
            return { kind: "variable", name: text };
        }
        if (text !== "(") throw this.error(text === "" ? "unexpected end" : `unexpected ${text}`);
        this.at++;
        const inner = this.level(0);
        if (this.token.text !== ")") throw this.error("expected )");
        this.at++;
        return inner;
    }
}

const operations: Record<Operator, (a: number, b: number) => number> = {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "/": (a, b) => a / b,
};

function isNumber(tree: Expression, value?: number): tree is Extract<Expression, { kind: "number" }> {
    return tree.kind === "number" && (value === undefined || tree.value === value);
}

function simplify(tree: Expression): Expression {
    if (tree.kind !== "binary") return tree;
    const { operator } = tree;
    const [left, right] = [simplify(tree.left), simplify(tree.right)];
    if (isNumber(left) && isNumber(right)) return number(operations[operator](left.value, right.value));
    if (operator === "*" && (isNumber(left, 0) || isNumber(right, 0))) return number(0);
    if ((operator === "+" && isNumber(left, 0)) || (operator === "*" && isNumber(left, 1))) return right;
    if (("+-".includes(operator) && isNumber(right, 0)) || ("*/".includes(operator) && isNumber(right, 1))) return left;
    return binary(operator, left, right);
}

function derive(tree: Expression, by: string): Expression {
    switch (tree.kind) {
        case "number":
            return number(0);
        case "variable":
            return number(tree.name === by ? 1 : 0);
        case "binary": {
            const { operator, left, right } = tree;
            const [dl, dr] = [derive(left, by), derive(right, by)];
            if (operator === "+" || operator === "-") return binary(operator, dl, dr);
            if (operator === "*") return binary("+", binary("*", dl, right), binary("*", left, dr));
            const above = binary("-", binary("*", dl, right), binary("*", left, dr));
            return binary("/", above, binary("*", right, right));
        }
    }
}

function show(tree: Expression): string {
    if (tree.kind === "number") return String(tree.value);
    if (tree.kind === "variable") return tree.name;
    return `(${show(tree.left)} ${tree.operator} ${show(tree.right)})`;
}

for await (const line of createInterface({ input: process.stdin })) {
    try {
        const tree = new Parser(line).parse();
        console.log(`${show(tree)}  =>  ${show(simplify(tree))}  d/dx  ${show(simplify(derive(tree, "x")))}`);
    } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        console.log(`${line}  !!  ${error.message}`);
    }
}

export {};
