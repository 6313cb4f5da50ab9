-module(main).
-export([main/0]).

main() ->
    Line = string:trim(io:get_line("")),
    io:format("Hello, ~ts!~n", [Line]).
