// A failed assertion: what counts is the line of the user's code.
#include <assert.h>
static int check(int number) {
  assert(number > 10); // @crash
  return number;
}
int main(int argc, char **argv) {
  (void)argv;
  return check(argc);
}
