// Static initialisers run file by file in link order before main, destructors in reverse after it, with statics and atexit between.
#include "noisy.h"
#include <cstdlib>

Noisy first("main first");
static Noisy second("main second");
extern Noisy other;
static int computed = other_value() + 1;
__attribute__((init_priority(200))) static Noisy early("early");

static Noisy &lazy() {
  static Noisy object("lazy");
  return object;
}

int main() {
  std::printf("main, computed %d, other %s\n", computed, other.name);
  std::atexit([] { std::puts("atexit"); });
  lazy();
  lazy();
  Noisy local("local");
  return computed;
}
