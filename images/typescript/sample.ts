// What most programs use, for the compiler to have seen before it is kept.
import * as fs from "node:fs";
import { createInterface } from "node:readline";
import { EventEmitter } from "node:events";

interface Named {
    readonly name: string;
    age?: number;
}

type Shape = { kind: "circle"; radius: number } | { kind: "square"; side: number };

enum Colour {
    Red,
    Green = "green",
}

abstract class Animal implements Named {
    static count = 0;
    #secret = 1n;

    constructor(readonly name: string, protected legs: number = 4) {
        Animal.count++;
    }

    abstract sound(): string;

    get secret(): bigint {
        return this.#secret;
    }
}

class Cat extends Animal {
    sound(): string {
        return `${super.name} meows`;
    }
}

function area(shape: Shape): number {
    switch (shape.kind) {
        case "circle":
            return Math.PI * shape.radius ** 2;
        case "square":
            return shape.side ** 2;
    }
}

function group<T, K extends string | number>(items: Iterable<T>, key: (item: T) => K): Map<K, T[]> {
    const groups = new Map<K, T[]>();
    for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
    return groups;
}

function* numbers(limit: number): Generator<number> {
    for (let i = 0; i < limit; i++) yield i;
}

async function main(): Promise<void> {
    const lines: string[] = fs.readFileSync(0, "utf8").trim().split("\n");
    const counts: Record<string, number> = {};
    for (const [at, line] of lines.entries()) counts[line.toUpperCase().padStart(3)] = at;
    const set = new Set([...numbers(3)].map((n) => n * 2).filter(Boolean).sort((a, b) => a - b));
    const partial: Partial<Named> & Pick<Named, "name"> = { name: "x", ...{ age: 3 } };
    const [first, ...others] = Object.entries(counts);
    try {
        await new Promise<void>((resolve) => setTimeout(resolve, 1));
        console.log(first?.[1], others.length, JSON.stringify(partial), new Cat("Tom").sound(), Colour.Green);
        console.log(area({ kind: "square", side: 2 }), group(set, String), [1, 2].reduce((a, b) => a + b, 0));
    } catch (error: unknown) {
        if (error instanceof Error) console.error(error.message);
        process.exit(1);
    }
    for await (const line of createInterface({ input: process.stdin })) process.stdout.write(line);
    new EventEmitter().on("event", (value: number) => value satisfies number);
}

main();
