% The directive of scripts: main/0 of library(main) calls main/1 with the arguments.
:- use_module(library(main)).
:- initialization(main, main).

main(Arguments) :-
    length(Arguments, N),
    format("~d arguments~n", [N]).
