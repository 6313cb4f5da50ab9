{ Reverses a line by code points: in UTF-8, a byte 10xxxxxx continues the one before. }
program Unicode;
var
  Line, Turned, Point: string;
  First, Last, Count: Integer;
begin
  ReadLn(Line);
  Turned := '';
  Count := 0;
  Last := Length(Line);
  while Last > 0 do
  begin
    First := Last;
    while (First > 1) and (Ord(Line[First]) and $C0 = $80) do
      Dec(First);
    Point := Copy(Line, First, Last - First + 1);
    Turned := Turned + Point;
    Inc(Count);
    Last := First - 1;
  end;
  WriteLn('Grüße, 世界: ', Turned, ' (', Count, ', ', Length(UTF8Decode('Grüße')), ')');
end.
