% The database is not one of the stacks, so it is the memory limit that stops this.
:- dynamic kept/2.

main :- grow(0).

grow(N) :-
    numlist(1, 100, List),
    assertz(kept(N, List)),
    Next is N + 1,
    grow(Next).
