// Has the compiler compute instead of the program.
// expect: compileError|timeLimit|memoryLimit
// compileLimits: {"wallMs": 1000}
constexpr unsigned long endless() { unsigned long sum = 0; for (unsigned long i = 0; i < 1ul << 60; i++) sum += i; return sum; }
constexpr unsigned long result = endless();
int main() { return result; }
