// Has the compiler run a program of the submission's, as its assembler.
// expect: compileError|success|refused
// request: {"files": [{"path": "specs", "content": "*invoke_as:\n cat /etc/shadow /airlock-runner /proc/1/environ\n"}], "compilerArgs": ["-specs=specs"]}
int main(void) {}
