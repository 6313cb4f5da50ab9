// A JSON-like report, shortest paths with a heap, and a few promises: what Node's programs are made of.
import readline from "node:readline";
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

class Heap {
    #items = [];
    #before;

    constructor(before) {
        this.#before = before;
    }

    get size() {
        return this.#items.length;
    }

    push(item) {
        const items = this.#items;
        let at = items.push(item) - 1;
        while (at > 0) {
            const parent = (at - 1) >> 1;
            if (!this.#before(items[at], items[parent])) break;
            [items[at], items[parent]] = [items[parent], items[at]];
            at = parent;
        }
    }

    pop() {
        const items = this.#items;
        const top = items[0];
        const last = items.pop();
        if (items.length > 0) {
            items[0] = last;
            for (let at = 0; ;) {
                let least = at;
                for (const child of [2 * at + 1, 2 * at + 2]) {
                    if (child < items.length && this.#before(items[child], items[least])) least = child;
                }
                if (least === at) break;
                [items[at], items[least]] = [items[least], items[at]];
                at = least;
            }
        }
        return top;
    }
}

function shortest(roads, from) {
    const found = new Map();
    const heap = new Heap((a, b) => a.length < b.length);
    heap.push({ town: from, length: 0, path: [from] });
    while (heap.size > 0) {
        const { town, length, path } = heap.pop();
        if (found.has(town)) continue;
        found.set(town, { length, path });
        for (const [next, distance] of roads.get(town) ?? []) {
            heap.push({ town: next, length: length + distance, path: [...path, next] });
        }
    }
    return found;
}

const roads = new Map();
for await (const line of readline.createInterface({ input: process.stdin })) {
    const match = /^(?<from>\p{L}+)\s*-\s*(?<to>\p{L}+)\s+(?<km>\d+)$/u.exec(line);
    if (!match) {
        console.log("not a road: %j", line);
        continue;
    }
    const { from, to, km } = match.groups;
    for (const [a, b] of [[from, to], [to, from]]) {
        if (!roads.has(a)) roads.set(a, []);
        roads.get(a).push([b, Number(km)]);
    }
}

const towns = [...shortest(roads, "Bern")].sort(([a], [b]) => a.localeCompare(b, "de"));
for (const [town, { length, path }] of towns) {
    console.log(`${town.padEnd(10)} ${String(length).padStart(4)} km  ${path.join(" → ")}`);
}

const order = [];
await Promise.all([30, 10, 20].map(async (ms) => {
    await sleep(ms);
    order.push(ms);
}));
console.log("finished in the order", order);

const factorial = (n) => (n < 2n ? 1n : n * factorial(n - 1n));
console.log(String(factorial(30n)), new Intl.NumberFormat("de-CH").format(1234567.891));
console.log(createHash("sha256").update("airlock").digest("hex").slice(0, 16));
console.log(structuredClone(new Map([["a", { deep: [1, new Date(0)] }]])));
