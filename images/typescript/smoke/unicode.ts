import { readFileSync } from "node:fs";

const points: string[] = [...readFileSync(0, "utf8").trim()];
console.log(`Grüße, 世界: ${points.reverse().join("")} (${points.length})`);
