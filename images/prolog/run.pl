% Loads main.pl and runs its main/0, as `swipl -g main -t halt main.pl` does, with three differences:
% - A program which starts itself (by `:- initialization(main).` or `:- main.`) is not started twice,
%   and one without main/0 is done when it is loaded.
% - The stacks may not grow to their default of 1 GiB but to three quarters of the memory limit, so that endless recursion
%   ends with Prolog's own error, which shows the calls, and not with a kill.
% - Output is shown line by line: what was printed before a limit is not lost.
% Its arguments: the memory limit in MiB, and then the program's own.

:- dynamic starts_itself/0.

:- multifile user:term_expansion/2.
:- dynamic user:term_expansion/2.

user:term_expansion((:- Goal), _) :-
    starts(Goal),
    assertz(user:starts_itself),
    fail.

starts(Goal) :- var(Goal), !, fail.
starts(initialization(_)).
starts(initialization(_, _)).
starts(main).
starts((A, B)) :- ( starts(A) -> true ; starts(B) ).

run_program :-
    current_prolog_flag(argv, [Memory|Arguments]),
    set_prolog_flag(argv, Arguments),
    atom_number(Memory, MiB),
    Bytes is MiB * 1024 * 1024 * 3 // 4,
    set_prolog_flag(stack_limit, Bytes),
    set_stream(user_output, buffer(line)),
    load_files(user:'main.pl', []),
    (   \+ starts_itself,
        current_predicate(user:main/0)
    ->  user:main
    ;   true
    ).
