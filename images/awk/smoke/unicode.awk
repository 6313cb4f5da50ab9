{
    for (i = length($0); i > 0; i--) reversed = reversed substr($0, i, 1)
    printf "Grüße, 世界: %s (%d)\n", reversed, length($0)
}
