% The usual directive: main/0 runs once.
:- initialization(main).

main :-
    writeln(once).
