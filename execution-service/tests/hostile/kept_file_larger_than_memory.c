// Compiles to a file of 12 MiB that is to be remembered for the tests, in the 16 MiB that the program may use:
// the runner, which remembers it, must not be what is missing in the end.
// expect: memoryLimit
// limits: {"memoryBytes": 16777216}
// request: {"tests": [{"stdin": "1"}, {"stdin": "2"}]}
char large[12 << 20] = {1};
int main(void) { return large[0] - 1; }
