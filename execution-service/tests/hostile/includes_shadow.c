// Has the compiler quote a secret in its messages.
// expect: compileError
#include "/etc/shadow"
int main(void) {}
