a = 1;
if a == 1
  disp("one"
end
