int main(void) {
    int number = 1;
    return number + missing;
}
