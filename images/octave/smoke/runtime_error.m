a = [1 2 3];
printf("%d\n", a(3));
printf("%d\n", a(4));
