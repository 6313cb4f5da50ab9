void main() {
    int number = 1;
    number = missing;
}
