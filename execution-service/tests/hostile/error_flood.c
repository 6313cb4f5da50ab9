// Errors without end, each of which the compiler explains.
// expect: outputLimit|compileError
// compileLimits: {"wallMs": 5000}
#define A(x) x x x x x x x x x x x x x x x x
#define B(x) A(A(x))
int main(void) { B(B(undeclared_function(missing, "text");)) }
