// libc calling back into JITed code: qsort with a comparator, bsearch, and nested sorts.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int calls;
struct item { char name[12]; int value; };

static int by_value(const void *a, const void *b) {
  calls++;
  const struct item *x = a, *y = b;
  return (x->value > y->value) - (x->value < y->value);
}

static int by_name(const void *a, const void *b) { return strcmp(((struct item *)a)->name, ((struct item *)b)->name); }

static int by_sorted_copy(const void *a, const void *b) {
  char x[12], y[12];
  memcpy(x, a, 12);
  memcpy(y, b, 12);
  int by_char(const void *, const void *);
  qsort(x, strlen(x), 1, by_char);
  qsort(y, strlen(y), 1, by_char);
  return strcmp(x, y);
}

int by_char(const void *a, const void *b) { return *(char *)a - *(char *)b; }

int main(void) {
  struct item items[] = {{"pear", 3}, {"apple", 9}, {"fig", -4}, {"quince", 7}, {"medlar", 0}, {"date", 5}};
  size_t n = sizeof items / sizeof *items;
  qsort(items, n, sizeof *items, by_value);
  for (size_t i = 0; i < n; i++)
    printf("%s=%d ", items[i].name, items[i].value);
  printf("(%s)\n", calls >= 5 ? "called back" : "too few calls");
  qsort(items, n, sizeof *items, by_name);
  struct item key = {"medlar", 0}, none = {"plum", 0};
  struct item *found = bsearch(&key, items, n, sizeof *items, by_name);
  printf("found at %td, missing %p\n", found - items, bsearch(&none, items, n, sizeof *items, by_name));
  qsort(items, n, sizeof *items, by_sorted_copy);
  for (size_t i = 0; i < n; i++)
    printf("%s ", items[i].name);
  puts("");
  return 0;
}
