identification division.
program-id. mistaken.
procedure division. display missing.
    stop run.
