--  Reverses a line by code points: text is UTF-8 outside, and a string of wide characters while it is worked on.
with Ada.Strings.UTF_Encoding.Wide_Wide_Strings; use Ada.Strings.UTF_Encoding.Wide_Wide_Strings;
with Ada.Text_IO;                                use Ada.Text_IO;

procedure Main is
   Line   : constant Wide_Wide_String := Decode (Get_Line);
   Turned : Wide_Wide_String (Line'Range);
begin
   for Index in Line'Range loop
      Turned (Line'Last + Line'First - Index) := Line (Index);
   end loop;
   Put_Line ("Grüße, 世界: " & Encode (Turned) & " (" & Line'Length'Image & " )");
end Main;
