// Vala has no exceptions for a programmer's mistakes: an assertion aborts.
int mean(int[] numbers) {
    assert(numbers.length > 0);
    int sum = 0;
    foreach (int n in numbers) sum += n;
    return sum / numbers.length;
}

void main() {
    print("%d\n", mean({ 1, 2, 6 }));
    print("%d\n", mean({}));
}
