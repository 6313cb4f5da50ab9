main :-
    writeln(start),
    member(X, [1, 2, 3]),
    X > 3.
