main :- grow([], 0).

grow(Kept, N) :-
    Next is N + 1,
    grow([N|Kept], Next),
    writeln(Kept).
