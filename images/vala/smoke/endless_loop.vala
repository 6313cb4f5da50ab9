void main() {
    int n = 1;
    while (n >= 0) n = (n * 3 + 1) % 1000003;
    print("%d\n", n);
}
