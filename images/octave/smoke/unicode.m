% Strings are bytes; a regular expression sees code points.
line = fgetl(stdin);
points = regexp(line, '.', 'match');
printf("λ → %s\n", [fliplr(points){:}]);
printf("Länge: %d\n", numel(points));
words = {"naïve", "café", "日本語"};
printf("%s\n", words{:});
