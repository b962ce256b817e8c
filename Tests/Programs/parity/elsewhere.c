// The parity fixture's second file, with static names that the first has too.
#include "state.h"

const char *elsewhere_name = "elsewhere";
volatile int watched_later = 5;
static int file_static = 70;
static const int matrix[2] = {8, 9};

static int inspect(int x) {
  watched_later += 2;
  file_static += x & 1;
  watched_later *= 3;  // @stop elsewhere
  return file_static + matrix[1];
}

int elsewhere(int x) { return inspect(x); }
