// RTTI: dynamic_cast down, across and to void, typeid of polymorphic objects, bad_cast, types of libstdc++.
#include <cstdio>
#include <memory>
#include <sstream>
#include <typeindex>
#include <typeinfo>
#include <unordered_map>

struct A { virtual ~A() = default; int a = 1; };
struct B { virtual ~B() = default; int b = 2; };
struct C : A, B { int c = 3; };
namespace { struct Hidden : A {}; }

int main() {
  std::unique_ptr<A> a = std::make_unique<C>();
  std::printf("%d %d %d\n", dynamic_cast<C *>(a.get())->c, dynamic_cast<B *>(a.get())->b, a->a);
  A plain, &object = *a;
  std::printf("%d %d\n", dynamic_cast<C *>(&plain) == nullptr, dynamic_cast<void *>(dynamic_cast<B *>(a.get())) == a.get());
  try {
    (void)dynamic_cast<C &>(plain);
  } catch (const std::bad_cast &e) {
    std::puts(e.what());
  }
  std::printf("%s %s %s\n", typeid(object).name(), typeid(plain).name(), typeid(Hidden).name());
  std::unordered_map<std::type_index, const char *> names{{typeid(A), "A"}, {typeid(C), "C"}, {typeid(int), "int"}};
  std::printf("%s %s\n", names[typeid(object)], names[typeid(42)]);
  std::stringstream stream;
  std::ostream &out = stream;
  std::printf("%d %d\n", dynamic_cast<std::istream *>(&out) != nullptr, dynamic_cast<std::ostringstream *>(&out) != nullptr);
  return 0;
}
