void main() {
    string name = stdin.read_line();
    stdout.printf("Hello, %s!\n", name);
}
