-module(main).
-export([main/0]).

main() -> grow([], 0).

grow(Blocks, Count) ->
    grow([binary:copy(<<(Count band 255)>>, 1048576) | Blocks], Count + 1).
