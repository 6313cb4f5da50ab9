const text = require("node:fs").readFileSync(0, "utf8").trim();
const points = [...text];
console.log(`Grüße, 世界: ${points.reverse().join("")} (${points.length})`);
