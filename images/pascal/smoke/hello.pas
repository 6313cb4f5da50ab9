program Hello;
var
  Name: string;
begin
  ReadLn(Name);
  WriteLn('Hello, ', Name, '!');
end.
