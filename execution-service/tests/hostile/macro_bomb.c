// A few lines that are two to the fortieth when the preprocessor is done.
// expect: timeLimit|memoryLimit
// compileLimits: {"wallMs": 1000}
#define A(x) x x x x x x x x x x x x x x x x
#define B(x) A(A(x))
#define C(x) B(B(x))
#define D(x) C(C(x))
#define E(x) D(D(x))
int main(void) { E(1;) }
