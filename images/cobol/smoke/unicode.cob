*> Reverses a line by code points: in UTF-8, a byte from 128 to 191 continues the one before.
identification division.
program-id. unicode.
data division.
working-storage section.
01 input-line pic x(100).
01 turned pic x(100).
01 line-end binary-long.
01 first-byte binary-long.
01 filled binary-long value 1.
01 points pic 9 value 0.
procedure division.
    accept input-line
    move function length(function trim(input-line)) to line-end
    perform until line-end = 0
        perform varying first-byte from line-end by -1
            until input-line(first-byte:1) < x"80" or input-line(first-byte:1) > x"BF"
        end-perform
        string input-line(first-byte:line-end - first-byte + 1) delimited by size
            into turned with pointer filled
        add 1 to points
        compute line-end = first-byte - 1
    end-perform
    display "Grüße, 世界: " function trim(turned) " (" points ")"
    stop run.
