// Virtual calls: multiple and virtual inheritance, thunks, covariant returns, pure virtuals, pointers to members.
#include <cstdio>

struct Animal {
  int legs;
  explicit Animal(int l) : legs(l) {}
  virtual ~Animal() { std::printf("~Animal %d\n", legs); }
  virtual const char *sound() const = 0;
  virtual Animal *self() { return this; }
};
struct Swimmer {
  int depth = 3;
  virtual int swim(int by) { return depth += by; }
  virtual ~Swimmer() { std::puts("~Swimmer"); }
};
struct Duck : Animal, Swimmer {
  Duck() : Animal(2) {}
  const char *sound() const override { return "quack"; }
  Duck *self() override { return this; }
  int swim(int by) override { return Swimmer::swim(by * 2); }
  ~Duck() override { std::puts("~Duck"); }
};
struct Root { int value = 1; virtual int get() { return value; } };
struct Left : virtual Root { int get() override { return value * 10; } };
struct Right : virtual Root { int twice() { return value * 2; } };
struct Bottom : Left, Right { int get() override { return Left::get() + twice(); } };

int main() {
  Duck *duck = new Duck;
  Swimmer *swimmer = duck;
  Animal *animal = duck;
  std::printf("%s %d %d\n", animal->sound(), swimmer->swim(4), animal->self() == duck);
  int (Swimmer::*swim)(int) = &Swimmer::swim;
  int Animal::*legs = &Animal::legs;
  std::printf("%d %d\n", (swimmer->*swim)(1), duck->*legs);
  delete swimmer;
  Bottom bottom;
  Root &root = bottom;
  root.value = 4;
  std::printf("%d %d\n", root.get(), static_cast<Right &>(bottom).twice());
  return 0;
}
