program Failing;
uses
  SysUtils;
var
  Number: Integer = 0;
begin
  WriteLn('before');
  WriteLn(10 div Number);
end.
