identification division.
program-id. hello.
data division.
working-storage section.
01 name pic x(100).
procedure division.
    accept name
    display "Hello, " function trim(name) "!"
    stop run.
