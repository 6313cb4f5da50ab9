procedure Main is
   Turns : Natural := 0 with Volatile;
begin
   loop
      Turns := (Turns + 1) mod 1000;
   end loop;
end Main;
