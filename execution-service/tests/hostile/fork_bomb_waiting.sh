# The shell's bomb, of which every generation waits for the next; bash itself waits between refusals.
# expect: processLimit
# limits: {"wallMs": 1000}
bomb() { bomb | bomb & wait; }
bomb
