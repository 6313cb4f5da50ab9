-module(main).
-export([main/0]).

main() ->
    Größe = "Grüße, 世界 🌍",
    Line = string:trim(io:get_line("")),
    io:format("~ts~n", [Größe]),
    io:format("~ts ~p ~ts~n", [string:reverse(Line), string:length(Line), string:uppercase(Line)]).
