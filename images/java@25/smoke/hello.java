void main() {
    IO.println("Hello, " + IO.readln() + "!");
}
