"""A small language of expressions (tokens, a recursive parser, exact fractions), and a report on orders."""

import csv
import io
import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from itertools import groupby, islice


class Bad(Exception):
    pass


class Calculator:
    OPERATORS = [
        {"+": lambda a, b: a + b, "-": lambda a, b: a - b},
        {"*": lambda a, b: a * b, "/": lambda a, b: a / b},
    ]

    def __init__(self):
        self.variables = {}

    def evaluate(self, text):
        self.tokens = re.findall(r"\d+|\w+|\S", text) + [None]
        if len(self.tokens) > 2 and self.tokens[1] == "=":
            name = self.tokens[0]
            self.tokens = self.tokens[2:]
            value = self.variables[name] = self.level(0)
        else:
            value = self.level(0)
        if self.tokens[0] is not None:
            raise Bad(f"unexpected {self.tokens[0]!r}")
        return value

    def level(self, depth):
        if depth == len(self.OPERATORS):
            return self.atom()
        value = self.level(depth + 1)
        while (operator := self.OPERATORS[depth].get(self.tokens[0])) is not None:
            self.tokens.pop(0)
            value = operator(value, self.level(depth + 1))
        return value

    def atom(self):
        match self.tokens.pop(0):
            case "-":
                return -self.atom()
            case "(":
                value = self.level(0)
                if self.tokens.pop(0) != ")":
                    raise Bad("missing )")
                return value
            case str(token) if token.isdigit():
                return Fraction(token)
            case str(token) if token in self.variables:
                return self.variables[token]
            case token:
                raise Bad(f"unexpected {token!r}")


@dataclass(order=True, frozen=True)
class Order:
    day: date
    customer: str
    amount: int

    @classmethod
    def read(cls, row):
        return cls(date.fromisoformat(row["day"]), row["customer"], int(row["amount"]))


@cache
def partitions(n, largest):
    if n == 0:
        return 1
    return sum(partitions(n - part, part) for part in range(1, min(n, largest) + 1))


def primes():
    multiples = defaultdict(list)
    n = 2
    while True:
        if n in multiples:
            for prime in multiples.pop(n):
                multiples[n + prime].append(prime)
        else:
            yield n
            multiples[n * n].append(n)
        n += 1


first, second = sys.stdin.read().split("\n\n")

calculator = Calculator()
for line in first.strip().splitlines():
    try:
        print(f"{line:<20} -> {calculator.evaluate(line)}")
    except (Bad, ZeroDivisionError) as error:
        print(f"{line:<20} -> {type(error).__name__}: {error}")

orders = sorted(map(Order.read, csv.DictReader(io.StringIO(second.strip()))))
for month, group in groupby(orders, key=lambda order: order.day.strftime("%B %Y")):
    group = list(group)
    best = max(group, key=lambda order: order.amount)
    print(f"{month:>14}: {len(group)} orders, {sum(o.amount for o in group):>7,} in all, best: {best.customer}")

print("partitions of 100:", partitions(100, 100))
print("primes:", *islice(primes(), 990, 1000))
