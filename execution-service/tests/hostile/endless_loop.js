// An event loop that never gets to its next event.
// expect: cpuLimit
// limits: {"cpuMs": 500, "wallMs": 15000}
setTimeout(() => process.exit(0), 1);
(async () => { for (;;) await null; })();
