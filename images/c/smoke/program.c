/* A calculator by recursive descent, and a table of the words of a text, from standard input:
   lines that begin with '=' are calculated, all others are counted word by word. */
#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *at;
static const char *problem;

static double sum(void);

static char peek(void) {
    while (*at == ' ') at++;
    return *at;
}

static bool accept(char wanted) {
    if (peek() != wanted) return false;
    at++;
    return true;
}

static double atom(void) {
    if (accept('(')) {
        double value = sum();
        if (!accept(')')) problem = "missing )";
        return value;
    }
    if (accept('-')) return -atom();
    if (strncmp(at, "sqrt", 4) == 0) {
        at += 4;
        return sqrt(atom());
    }
    char *end;
    double value = strtod(at, &end);
    if (end == at) problem = "number expected";
    at = end;
    return value;
}

static double power(void) {
    double base = atom();
    return accept('^') ? pow(base, power()) : base;
}

static double product(void) {
    double value = power();
    for (;;) {
        if (accept('*')) value *= power();
        else if (accept('/')) {
            double by = power();
            if (by == 0) problem = "division by zero";
            value /= by;
        } else return value;
    }
}

static double sum(void) {
    double value = product();
    for (;;) {
        if (accept('+')) value += product();
        else if (accept('-')) value -= product();
        else return value;
    }
}

struct word {
    struct word *next;
    int count;
    char text[];
};

static struct word *buckets[64];
static size_t kinds;

static void count(const char *text) {
    unsigned hash = 5381;
    for (const char *c = text; *c; c++) hash = hash * 33 + (unsigned char)*c;
    struct word **slot = &buckets[hash % 64];
    for (struct word *w = *slot; w; w = w->next)
        if (strcmp(w->text, text) == 0) {
            w->count++;
            return;
        }
    struct word *w = malloc(sizeof *w + strlen(text) + 1);
    w->next = *slot;
    w->count = 1;
    strcpy(w->text, text);
    *slot = w;
    kinds++;
}

static int by_count_then_text(const void *a, const void *b) {
    const struct word *x = *(struct word *const *)a, *y = *(struct word *const *)b;
    return x->count != y->count ? y->count - x->count : strcmp(x->text, y->text);
}

int main(void) {
    char line[1024];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (*line == '=') {
            at = line + 1;
            problem = NULL;
            double value = sum();
            if (!problem && peek()) problem = "end expected";
            if (problem) printf("%-24s ! %s\n", line + 1, problem);
            else printf("%-24s = %g\n", line + 1, value);
            continue;
        }
        for (char *c = line; *c; c++) *c = isalpha((unsigned char)*c) ? tolower((unsigned char)*c) : ' ';
        for (char *w = strtok(line, " "); w; w = strtok(NULL, " ")) count(w);
    }

    struct word **all = malloc(kinds * sizeof *all);
    size_t n = 0;
    for (int b = 0; b < 64; b++)
        for (struct word *w = buckets[b]; w; w = w->next) all[n++] = w;
    qsort(all, n, sizeof *all, by_count_then_text);
    for (size_t i = 0; i < n && i < 5; i++) printf("%3d %s\n", all[i]->count, all[i]->text);
    printf("%zu different words\n", n);
    return 0;
}
