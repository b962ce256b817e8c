// Buffered standard input: scanf, getline, ungetc, and end of file seen by stdio.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  int count = 0;
  double sum = 0, x;
  while (scanf("%lf", &x) == 1) {
    sum += x;
    count++;
  }
  printf("%d numbers, sum %.3f\n", count, sum);
  int c = getchar();
  ungetc('#', stdin);
  printf("stopped at %c, then %c\n", c, getchar());
  char *line = NULL;
  size_t size = 0;
  ssize_t n;
  while ((n = getline(&line, &size, stdin)) > 0)
    printf("line of %zd: %s", n, line);
  printf("\neof %d error %d\n", feof(stdin) != 0, ferror(stdin) != 0);
  free(line);
  return count;
}
