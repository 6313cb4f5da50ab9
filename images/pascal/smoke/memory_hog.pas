program Hog;
type
  PBlock = ^TBlock;
  TBlock = record
    Next: PBlock;
    Content: array[1..1048576] of Byte;
  end;
var
  Blocks: PBlock = nil;
  Fresh: PBlock;
begin
  while True do
  begin
    New(Fresh);
    FillChar(Fresh^.Content, SizeOf(Fresh^.Content), 1);
    Fresh^.Next := Blocks;
    Blocks := Fresh;
  end;
end.
