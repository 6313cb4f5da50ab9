def divide(int a, int b) { a.intdiv(b) }

println divide(1, 0)
