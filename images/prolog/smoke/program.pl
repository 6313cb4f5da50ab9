% A family, a grammar for arithmetic, a puzzle by constraints, a path with tabling, sorting and formatting.

:- use_module(library(clpfd)).
:- use_module(library(dcg/basics)).

parent(ada, byron).
parent(ada, anne).
parent(byron, elizabeth).
parent(elizabeth, ralph).

ancestor(X, Y) :- parent(Y, X).
ancestor(X, Y) :- parent(Z, X), ancestor(Z, Y).

% Arithmetic: text to a term, a term to a number.
expression(E) --> term(T), rest(T, E).

rest(Left, E) --> blanks, "+", blanks, term(T), rest(Left + T, E).
rest(Left, E) --> blanks, "-", blanks, term(T), rest(Left - T, E).
rest(E, E) --> [].

term(T) --> factor(F), more(F, T).

more(Left, T) --> blanks, "*", blanks, factor(F), more(Left * F, T).
more(T, T) --> [].

factor(N) --> number(N).
factor(E) --> "(", blanks, expression(E), blanks, ")".

answer(Line) :-
    string_codes(Line, Codes),
    (   phrase((blanks, expression(E), blanks), Codes)
    ->  Value is E,
        format("~s = ~w    (~q)~n", [Codes, Value, E])
    ;   format("~s ?~n", [Codes])
    ).

% SEND + MORE = MONEY
puzzle([S,E,N,D] + [M,O,R,E] = [M,O,N,E,Y]) :-
    Vars = [S,E,N,D,M,O,R,Y],
    Vars ins 0..9,
    all_different(Vars),
    S*1000 + E*100 + N*10 + D + M*1000 + O*100 + R*10 + E
        #= M*10000 + O*1000 + N*100 + E*10 + Y,
    M #\= 0, S #\= 0,
    label(Vars).

% A graph with circles: tabling ends where plain Prolog would not.
:- table reach/2.

edge(a, b). edge(b, c). edge(c, a). edge(c, d). edge(e, a).

reach(X, Y) :- edge(X, Y).
reach(X, Y) :- reach(X, Z), edge(Z, Y).

:- table fib/2.

fib(0, 0).
fib(1, 1).
fib(N, F) :- N > 1, A is N - 1, B is N - 2, fib(A, FA), fib(B, FB), F is FA + FB.

queens(N, Queens) :-
    numlist(1, N, Numbers),
    permutation(Numbers, Queens),
    safe(Queens), !.

safe([]).
safe([Q|Qs]) :- no_attack(Q, Qs, 1), safe(Qs).

no_attack(_, [], _).
no_attack(Q, [Q1|Qs], D) :-
    abs(Q - Q1) =\= D,
    D1 is D + 1,
    no_attack(Q, Qs, D1).

deep(0, 0) :- !.
deep(N, Sum) :- M is N - 1, deep(M, Rest), Sum is Rest + 1.

main :-
    read_term(user_input, numbers(Unsorted), []),
    sort(0, @>=, Unsorted, Sorted),
    format("sorted: ~w~n", [Sorted]),
    read_string(user_input, _, Text),
    split_string(Text, "\n", " ", Parts),
    exclude(==(""), Parts, Lines),
    maplist(answer, Lines),
    findall(X, ancestor(X, ada), Ancestors),
    findall(X, ancestor(ralph, X), Descendants),
    format("~w ~w~n", [Ancestors, Descendants]),
    puzzle(P), writeln(P),
    findall(Y, reach(a, Y), Ys), msort(Ys, Reached), writeln(Reached),
    fib(150, F), format("~D~n", [F]),
    queens(6, Q), print(Q), nl,
    deep(500000, Depth), writeln(Depth),
    forall(nth1(I, [one, two, three], W), format("~t~d~4| ~w~t~12||~n", [I, W])),
    catch(atom_length(_, _), error(Error, _), (print_message(silent, Error), writeln(Error))),
    aggregate_all(count, parent(_, _), Count), writeln(parents(Count)),
    foldl([V, A, B]>>(B is A * 10 + V), [1, 2, 3], 0, Number), writeln(Number).
