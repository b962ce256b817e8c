// Relocations in data: addresses with offsets, of another file's symbols, of libc's, in const and in writable tables.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern int numbers[8];
extern const struct entry { const char *name; int *where; } entries[];
extern int triple(int);
static int *middle = &numbers[4];
static int *const past_end = numbers + 8;
static const char *const words[] = {"zero", "one", "two"};
static const char *const *second_word = &words[1];
static int (*const calls[])(int) = {triple, abs};
static void *(*const allocate)(size_t) = malloc;
static char *tail = "shared tail";
struct node { struct node *next; int value; } last = {NULL, 3}, middle_node = {&last, 2}, first = {&middle_node, 1};

int main(void) {
  printf("%d %td %s\n", *middle, past_end - middle, *second_word);
  for (const struct entry *e = entries; e->name; e++)
    printf("%s -> %d\n", e->name, *e->where);
  printf("%d %d %s\n", calls[0](5), calls[1](-5), tail + 7);
  int sum = 0;
  for (struct node *n = &first; n; n = n->next)
    sum = sum * 10 + n->value;
  char *copy = strcpy(allocate(8), "on heap");
  printf("%d %s\n", sum, copy);
  free(copy);
  *entries[0].where = 50;
  return numbers[0];
}
