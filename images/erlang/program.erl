%% Runs main:main/0, or main:main/1 with the arguments. The exit code is 1 if nobody caught an error.
-module(program).
-export([start/0]).

start() ->
    ok = io:setopts([{encoding, unicode}]),
    try run() of
        _ -> halt(0)
    catch
        exit:normal -> halt(0);
        Class:Reason:Stack ->
            io:put_chars(standard_error, [erl_error:format_exception(Class, Reason, Stack), $\n]),
            halt(1)
    end.

run() ->
    {module, main} = code:ensure_loaded(main),
    case erlang:function_exported(main, main, 1) of
        true -> main:main(init:get_plain_arguments());
        false -> main:main()
    end.
