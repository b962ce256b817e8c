// _Unwind_Backtrace through JITed frames without frame pointers, and through libc's qsort into JITed code again.
#include <stdio.h>
#include <stdlib.h>
#include <unwind.h>

static struct { void *function; const char *name; } known[4];
static int seen[4], total, done;

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *ignored) {
  (void)ignored;
  void *function = _Unwind_FindEnclosingFunction((char *)_Unwind_GetIP(context) - 1);
  for (int i = 0; i < 4; i++)
    seen[i] += function == known[i].function;
  return ++total < 200 ? _URC_NO_REASON : _URC_END_OF_STACK;
}

__attribute__((noinline)) int compare(const void *a, const void *b) {
  if (!done++)
    _Unwind_Backtrace(visit, NULL);
  return *(int *)a - *(int *)b;
}

__attribute__((noinline)) int recurse(int n) {
  volatile char pad[100] = {(char)n};
  int items[] = {5, 3, 9};
  if (n)
    return recurse(n - 1) + pad[0] * 0;
  qsort(items, 3, sizeof(int), compare);
  return items[0] + pad[0];
}

int main(void) {
  known[0].function = (void *)visit, known[0].name = "visit";
  known[1].function = (void *)compare, known[1].name = "compare";
  known[2].function = (void *)recurse, known[2].name = "recurse";
  known[3].function = (void *)main, known[3].name = "main";
  int smallest = recurse(6);
  for (int i = 0; i < 4; i++)
    printf("%s %d\n", known[i].name, seen[i]);
  printf("came to an end %d\n", total < 200);
  return smallest;
}
