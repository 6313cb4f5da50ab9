// An initialised array that makes the program larger than any disk.
// expect: compileError|timeLimit|memoryLimit
// compileLimits: {"wallMs": 1000}
int array[1ul << 33] = {1, 2, 3};
int main(void) { return array[1]; }
