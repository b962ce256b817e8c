// Classes of the C++ parity fixture, some of whose functions are emitted in both of its files.
#pragma once
#include <stdexcept>
#include <string>
#include <vector>

namespace zoo {

class Animal {
public:
  Animal(std::string name, int legs) : name_(std::move(name)), legs_(legs) {}
  virtual ~Animal() = default;
  virtual int noise(int times) const { return times; }
  const std::string &name() const { return name_; }
  int legs() const { return legs_; }

protected:
  std::string name_;
  int legs_;
};

class Dog : public Animal {
public:
  explicit Dog(const char *name) : Animal(name, 4) { population++; }
  int noise(int times) const override;
  static int population;
  int tricks[3] = {1, 2, 3};
};

template <typename T> T largest(const std::vector<T> &values) {
  T best = values[0];
  for (const T &value : values)
    best = best < value ? value : best;  // @stop largest
  return best;
}

struct Failure : std::runtime_error {
  int code;
  Failure(int c, const char *text) : std::runtime_error(text), code(c) {}
};

int risky(int &attempts);

}  // namespace zoo
