# Exits with the code that shells give to killed programs.
# expect: runtimeError
# result: {"exitCode": 137, "signal": null}
exit 137
