n = 1;
while n >= 0
  n = mod(3 * n + 1, 1000003);
end
