// The tables that main.c refers to.
int numbers[8] = {1, 2, 3, 4, 5, 6, 7, 8};
int triple(int x) { return 3 * x; }
struct entry { const char *name; int *where; };
const struct entry entries[] = {{"first", numbers}, {"last", &numbers[7]}, {0, 0}};
