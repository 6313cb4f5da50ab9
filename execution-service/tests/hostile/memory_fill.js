// Memory outside the collected heap, where no limit of the engine's own counts.
// expect: memoryLimit
const kept = [];
for (;;) kept.push(Buffer.alloc(1 << 24, 1));
