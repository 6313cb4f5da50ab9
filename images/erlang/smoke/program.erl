-module(main).
-export([main/0]).

-record(person, {name :: binary(), age :: integer(), city :: binary()}).

%% Reads people, one a line, until the end of the input.
people() ->
    case io:get_line("") of
        eof -> [];
        Line -> parse(string:trim(Line)) ++ people()
    end.

parse(Line) ->
    try
        [Name, Age, City] = string:split(Line, ",", all),
        [#person{name = list_to_binary(Name), age = list_to_integer(Age), city = list_to_binary(City)}]
    catch
        error:{badmatch, Parts} ->
            io:format("~p fields: ~ts~n", [length(Parts), Line]),
            [];
        error:badarg ->
            io:format("no age: ~ts~n", [Line]),
            []
    end.

by_city(People) ->
    lists:foldl(
        fun(#person{city = City} = Person, Cities) ->
            maps:update_with(City, fun(Others) -> [Person | Others] end, [Person], Cities)
        end,
        #{},
        People).

%% A process that counts, and is asked by messages.
counter(Count) ->
    receive
        {add, N} -> counter(Count + N);
        {get, From} ->
            From ! {count, self(), Count},
            counter(Count);
        stop -> ok
    end.

count(Counter) ->
    Counter ! {get, self()},
    receive
        {count, Counter, Count} -> Count
    after 1000 -> timeout
    end.

%% Every result comes from a process of its own, in the order of the list.
parallel(Function, List) ->
    Self = self(),
    Started = [spawn_monitor(fun() -> Self ! {self(), Function(X)} end) || X <- List],
    [receive
         {Pid, Result} ->
             erlang:demonitor(Monitor, [flush]),
             Result
     end || {Pid, Monitor} <- Started].

queens(N) -> length(queens(N, N)).

queens(_, 0) -> [[]];
queens(N, Row) ->
    [[Column | Others] || Others <- queens(N, Row - 1), Column <- lists:seq(1, N), safe(Column, Others, 1)].

safe(_, [], _) -> true;
safe(Column, [Other | Others], Distance) ->
    Column =/= Other andalso abs(Column - Other) =/= Distance andalso safe(Column, Others, Distance + 1).

main() ->
    People = lists:keysort(#person.age, people()),
    [io:format("~-8ts~4w  ~ts~n", [Name, Age, City]) || #person{name = Name, age = Age, city = City} <- People],
    Cities = by_city(People),
    [io:format("~ts: ~.1f~n", [City, lists:sum([P#person.age || P <- Here]) / length(Here)])
     || {City, Here} <- lists:sort(maps:to_list(Cities))],

    Counter = spawn_link(fun() -> counter(0) end),
    [Counter ! {add, N} || N <- lists:seq(1, 100)],
    io:format("~p~n", [count(Counter)]),
    Counter ! stop,

    io:format("~p~n", [parallel(fun queens/1, [4, 5, 6, 7])]),
    {Pid, Monitor} = spawn_monitor(fun() -> exit({reason, <<"tired">>}) end),
    receive
        {'DOWN', Monitor, process, Pid, Reason} -> io:format("~p~n", [Reason])
    end,
    <<Red:8, Green:8, Blue:8>> = <<16#336699:24>>,
    io:format("~w ~s ~b~n", [{Red, Green, Blue}, string:join(["a", "b"], "-"), lists:foldl(fun(A, B) -> A * B end, 1, lists:seq(1, 25))]).
