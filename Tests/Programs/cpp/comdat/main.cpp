// Templates and inline functions defined in two files become one: same addresses, same statics, one vtable.
#include "shared.h"

void *address_in_other();
int count_in_other();
Base *make_in_other();

int main() {
  std::printf("%d %d\n", next_id(), count_in_other());
  std::printf("one address %d\n", reinterpret_cast<void *>(&largest<long>) == address_in_other());
  std::printf("%ld %g %s\n", largest(3L, 9L), largest(2.5, 1.5), largest(std::string("a"), std::string("b")).c_str());
  Base *base = make_in_other();
  std::printf("%s %d\n", base->name(), typeid(*base) == typeid(Derived<int>));
  delete base;
  Counted<int> a, b;
  Counted<char> c;
  std::printf("%d %d\n", Counted<int>::alive, Counted<char>::alive);
  return next_id();
}
