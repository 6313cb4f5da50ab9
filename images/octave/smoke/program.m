% Linear algebra, statistics, cell arrays, structures, function handles, text and a small simulation.
1;  # a script, not a function file

function r = bisect(f, low, high, tolerance = 1e-10)
  while high - low > tolerance
    r = (low + high) / 2;
    if sign(f(r)) == sign(f(low))
      low = r;
    else
      high = r;
    end
  end
end

function next = life(cells)
  neighbours = conv2(double(cells), [1 1 1; 1 0 1; 1 1 1], "same");
  next = neighbours == 3 | (cells & neighbours == 2);
end

function n = depth(k)
  if k == 0
    n = 0;
  else
    n = 1 + depth(k - 1);
  end
end

% A system of equations.
A = [4 -2 1; -2 4 -2; 1 -2 4];
b = [11; -16; 17];
x = A \ b;
printf("x = %s, det = %.1f\n", mat2str(round(x' * 1e6) / 1e6), det(A));
printf("eigenvalues: %s\n", num2str(sort(eig(A))', "%8.4f"));
[Q, R] = qr(A);
printf("qr: %d, %d\n", norm(Q * R - A) < 1e-12, istriu(R));

% Numbers from stdin.
data = [];
while ischar(line = fgetl(stdin))
  data(end + 1, :) = str2double(strsplit(line, ","));
end
printf("mean %s, std %s\n", mat2str(mean(data), 4), mat2str(std(data), 4));
p = polyfit(data(:, 1), data(:, 2), 1);
printf("y = %.2f x %+.2f\n", p);

% Functions.
printf("sqrt 2 = %.6f, integral = %.6f\n", bisect(@(t) t^2 - 2, 0, 2), quad(@(t) exp(-t .^ 2), 0, 1));
[t, y] = ode45(@(t, y) -y, [0 1], 1);
printf("exp(-1) = %.3f\n", y(end));
printf("roots: %s\n", mat2str(sort(roots([1 -6 11 -6]))', 5));
printf("fft: %s\n", mat2str(round(abs(fft([1 0 0 0 1 0 0 0])))));
printf("primes: %s\n", mat2str(primes(30)));

% Structures, sorting, containers.Map, printf over cells.
people = struct("name", {"Grace", "Ada", "Alan"}, "born", {1906, 1815, 1912});
[~, order] = sort([people.born]);
for person = people(order)
  printf("%-6s %d\n", person.name, person.born);
end
counts = containers.Map();
for word = strsplit("the cat and the dog and the bird", " ")
  w = word{1};
  if isKey(counts, w) counts(w) += 1; else counts(w) = 1; end
end
cellfun(@(k) printf("%s=%d ", k, counts(k)), keys(counts));
printf("\n");

% A glider.
cells = false(6);
cells(1, 2) = cells(2, 3) = cells(3, 1) = cells(3, 2) = cells(3, 3) = true;
for step = 1:4
  cells = life(cells);
end
disp(char(cells * ("#" - ".") + "."));

try
  error("shop:closed", "closed on %s", "Sunday");
catch e
  printf("%s: %s\n", e.identifier, e.message);
end
printf("deep: %d\n", depth(200));
printf("%s\n", regexprep("2024-03-09", '(\d+)-(\d+)-(\d+)', '$3.$2.$1'));
magic(4)
