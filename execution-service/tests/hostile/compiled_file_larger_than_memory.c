// Compiles to a file of 20 MiB, of which the program may use 16: there is no room for the program itself.
// expect: memoryLimit
// limits: {"memoryBytes": 16777216}
char large[20 << 20] = {1};
int main(void) { return large[0] - 1; }
