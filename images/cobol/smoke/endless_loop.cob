identification division.
program-id. endless.
data division.
working-storage section.
01 turns binary-long value 0.
procedure division.
    perform forever
        add 1 to turns
        if turns > 1000
            move 0 to turns
        end-if
    end-perform.
