program Mistaken;
begin
  WriteLn(Missing);
end.
