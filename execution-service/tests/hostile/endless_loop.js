// An event loop that never gets to its next event.
// expect: cpuLimit
// limits: {"cpuMs": 500, "wallMs": 15000}
const next = () => Promise.resolve().then(next);
setTimeout(() => process.exit(0), 1);
next();
