mean(Numbers, Mean) :-
    sum_list(Numbers, Sum),
    length(Numbers, Length),
    Mean is Sum / Length.

main :-
    mean([1, 2, 6], A), writeln(A),
    mean([], B), writeln(B).
