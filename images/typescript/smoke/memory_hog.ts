const kept: number[][] = [];
for (;;) kept.push(new Array<number>(100_000).fill(kept.length));
