BEGIN { while (1) kept[n++] = sprintf("%1000000d", n) }
