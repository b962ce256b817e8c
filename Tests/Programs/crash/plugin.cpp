// What plugin_host.c loads: its initializer crashes, or throws.
#include <cstdlib>
#include <stdexcept>
static int begin() {
  if (std::getenv("THROWS")) throw std::runtime_error("not here");
  *(volatile int *)64 = 1;
  return 0;
}
static int begun = begin();
