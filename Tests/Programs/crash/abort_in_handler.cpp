// Aborts for a reason of its own, while an exception is being handled.
#include <cstdlib>
#include <stdexcept>
static void give_up() {
  std::abort(); // @crash
}
int main() {
  try {
    throw std::runtime_error("caught");
  } catch (const std::exception &) {
    give_up();
  }
}
