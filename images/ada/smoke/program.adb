--  Words of a text, counted and ordered; a bounded buffer between two tasks; and a generic stack that checks brackets.
generic
   type Element is private;
package Stacks is
   type Stack (Limit : Positive) is private;
   Overflow : exception;
   procedure Push (Into : in out Stack; Item : Element);
   procedure Pop (From : in out Stack; Item : out Element) with Pre => not Is_Empty (From);
   function Is_Empty (Item : Stack) return Boolean;
private
   type Elements is array (Positive range <>) of Element;
   type Stack (Limit : Positive) is record
      Top   : Natural := 0;
      Items : Elements (1 .. Limit);
   end record;
   function Is_Empty (Item : Stack) return Boolean is (Item.Top = 0);
end Stacks;

package body Stacks is
   procedure Push (Into : in out Stack; Item : Element) is
   begin
      if Into.Top = Into.Limit then
         raise Overflow with "more than" & Into.Limit'Image;
      end if;
      Into.Top := @ + 1;
      Into.Items (Into.Top) := Item;
   end Push;

   procedure Pop (From : in out Stack; Item : out Element) is
   begin
      Item := From.Items (From.Top);
      From.Top := @ - 1;
   end Pop;
end Stacks;

with Ada.Characters.Handling;
with Ada.Containers.Indefinite_Ordered_Maps;
with Ada.Exceptions;
with Ada.Integer_Text_IO;
with Ada.Text_IO; use Ada.Text_IO;
with Stacks;

procedure Main is
   package Counters is new Ada.Containers.Indefinite_Ordered_Maps (String, Positive);
   package Brackets is new Stacks (Character);

   Words : Counters.Map;

   procedure Count (Line : String) is
      use Ada.Characters.Handling;
      First : Positive := Line'First;
   begin
      for Last in Line'First .. Line'Last + 1 loop
         if Last > Line'Last or else not Is_Letter (Line (Last)) then
            if Last > First then
               declare
                  Word : constant String := To_Lower (Line (First .. Last - 1));
               begin
                  if Words.Contains (Word) then
                     Words (Word) := Words (Word) + 1;
                  else
                     Words.Insert (Word, 1);
                  end if;
               end;
            end if;
            First := Last + 1;
         end if;
      end loop;
   end Count;

   function Balanced (Text : String) return Boolean is
      Open : Brackets.Stack (4);
      Last : Character;
   begin
      for Letter of Text loop
         case Letter is
            when '(' | '[' =>
               Brackets.Push (Open, Letter);
            when ')' | ']' =>
               if Brackets.Is_Empty (Open) then
                  return False;
               end if;
               Brackets.Pop (Open, Last);
               if (Last = '(') /= (Letter = ')') then
                  return False;
               end if;
            when others =>
               null;
         end case;
      end loop;
      return Brackets.Is_Empty (Open);
   end Balanced;

   protected Buffer is
      entry Put (Value : Integer);
      entry Get (Value : out Integer);
   private
      Held : Integer := 0;
      Full : Boolean := False;
   end Buffer;

   protected body Buffer is
      entry Put (Value : Integer) when not Full is
      begin
         Held := Value;
         Full := True;
      end Put;

      entry Get (Value : out Integer) when Full is
      begin
         Value := Held;
         Full := False;
      end Get;
   end Buffer;

   task Producer;

   task body Producer is
   begin
      for Number in 1 .. 1000 loop
         Buffer.Put (Number);
      end loop;
   end Producer;

   Sum, Number : Integer := 0;
begin
   while not End_Of_File loop
      Count (Get_Line);
   end loop;
   for Entry_At in Words.Iterate loop
      Ada.Integer_Text_IO.Put (Words (Entry_At), Width => 3);
      Put_Line (" " & Counters.Key (Entry_At));
   end loop;

   for Turn in 1 .. 1000 loop
      Buffer.Get (Number);
      Sum := @ + Number;
   end loop;
   Put_Line ("Sum:" & Sum'Image);

   Put_Line (Balanced ("f (a [1], b (2))")'Image);
   Put_Line (Balanced ("f (a [1)]")'Image);
   Put_Line (Balanced ("((((((")'Image);
exception
   when Problem : others =>
      Put_Line (Ada.Exceptions.Exception_Name (Problem) & ": " & Ada.Exceptions.Exception_Message (Problem));
end Main;
