# What makes a terminal clear, retitle, answer or paste, for whoever looks at the result or a log.
# expect: success
# result: {"stdError": "\u001b]52;c;ZXZpbA==\u0007"}
printf '\033[2J\033]0;owned\007\033[6n\033P+q544e\033\\\u202e\r\nFAKE 200 OK\r\n\r\n'
printf '\033]52;c;ZXZpbA==\007' >&2
