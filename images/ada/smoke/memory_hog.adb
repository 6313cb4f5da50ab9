procedure Main is
   type Block;
   type Link is access Block;
   type Numbers is array (1 .. 262_144) of Integer;
   type Block is record
      Next    : Link;
      Content : Numbers;
   end record;

   Blocks : Link := null with Volatile;
   Fresh  : Link;
begin
   loop
      Fresh := new Block'(Next => Blocks, Content => [others => 1]);
      Blocks := Fresh;
   end loop;
end Main;
