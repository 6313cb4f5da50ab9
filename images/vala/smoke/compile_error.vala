void main() {
    string[] words = { "one", "two" };
    string count = words.length;
    print(count);
}
