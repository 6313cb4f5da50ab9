identification division.
program-id. hog.
data division.
working-storage section.
01 fresh usage pointer.
linkage section.
01 filling pic x(1048576).
procedure division.
    perform forever
        allocate 1048576 characters returning fresh
        set address of filling to fresh
        move all "x" to filling
    end-perform.
