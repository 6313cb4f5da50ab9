-module(main).
-export([main/0]).

main() -> loop(0).

loop(Count) -> loop(Count + 1).
