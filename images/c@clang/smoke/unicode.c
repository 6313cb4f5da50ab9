/* Reverses a line by code points: in UTF-8, a byte 10xxxxxx continues the one before. */
#include <stdio.h>
#include <string.h>

int main(void) {
    char line[256];
    if (!fgets(line, sizeof line, stdin)) return 1;
    line[strcspn(line, "\n")] = '\0';
    printf("Grüße, 世界: ");
    int count = 0;
    for (char *end = line + strlen(line), *at = end; at > line; end = at) {
        do at--; while (at > line && (*at & 0xC0) == 0x80);
        printf("%.*s", (int)(end - at), at);
        count++;
    }
    printf(" (%d)\n", count);
    return 0;
}
