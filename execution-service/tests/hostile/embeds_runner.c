// Has the assembler read the runner.
// expect: compileError
extern const char runner[];
__asm__(".global runner\nrunner: .incbin \"/airlock-runner\"");
int main(void) { return runner[0]; }
