-module(main).
-export([main/0]).

divide(A, B) -> A div B.

main() ->
    io:format("~p~n", [divide(1, 0)]).
