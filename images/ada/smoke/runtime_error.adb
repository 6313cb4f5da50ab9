with Ada.Text_IO; use Ada.Text_IO;

procedure Main is
   Numbers : array (1 .. 3) of Integer := [1, 2, 3];
   Index   : Integer;
begin
   Index := Integer'Value (Get_Line);
   Put_Line (Numbers (Index)'Image);
end Main;
