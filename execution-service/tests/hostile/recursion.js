// Recursion without end, in an engine that notices.
// expect: runtimeError
// result: {"exitCode": 1}
const deeper = n => deeper(n + 1) + 1;
deeper(0);
