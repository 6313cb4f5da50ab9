void main() {
    string line = stdin.read_line();
    print("λ → %s\n", line.reverse());
    print("Länge: %d, %s\n", line.char_count(), line.up());
    foreach (string word in "naïve café 日本語".split(" ")) print("%s\n", word);
}
