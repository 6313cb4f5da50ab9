program Leaving;
begin
  Halt(3);
end.
