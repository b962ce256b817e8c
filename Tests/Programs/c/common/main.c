// Tentative definitions under -fcommon: merged over files, the largest size and an initialised one win.
#include <stdio.h>

int shared;
int initialised_elsewhere;
char buffer[16];
extern char *buffer_end(void);
extern void fill(void);

int main(void) {
  printf("%d %d\n", shared, initialised_elsewhere);
  fill();
  printf("%d %.8s %d\n", shared, buffer, (int)(buffer_end() - buffer));
  return initialised_elsewhere;
}
