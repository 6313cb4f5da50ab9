main :-
    read_line_to_string(user_input, Line),
    string_codes(Line, Codes),
    reverse(Codes, Reversed),
    string_length(Line, Length),
    format("λ → ~s~n", [Reversed]),
    format("Länge: ~d~n", [Length]),
    größe(Length, Wort),
    writeln(Wort),
    forall(member(W, ['naïve', 'café', '日本語']), writeln(W)).

größe(N, klein) :- N < 10, !.
größe(_, 'groß').
