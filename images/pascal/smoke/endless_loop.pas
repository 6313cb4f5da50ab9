program Endless;
var
  Turns: LongWord = 0;
begin
  while True do
    Inc(Turns);
end.
