// Constructor and destructor attributes, with and without priorities, over two files, in the linker's order.
#include <stdio.h>

#define LOG(text) (printf("%s\n", text), fflush(stdout))
extern int order;
__attribute__((constructor)) static void plain(void) { LOG("main.c constructor"); order = order * 10 + 1; }
__attribute__((constructor(101))) static void first(void) { LOG("main.c constructor 101"); order = order * 10 + 2; }
__attribute__((constructor(300))) static void late(int argc, char **argv) {
  printf("main.c constructor 300 sees %d arguments, last %s\n", argc - 1, argv[argc - 1]);
}
__attribute__((destructor)) static void end(void) { LOG("main.c destructor"); }
__attribute__((destructor(101))) static void last(void) { LOG("main.c destructor 101"); }

int main(void) {
  printf("main, order %d\n", order);
  return 0;
}
