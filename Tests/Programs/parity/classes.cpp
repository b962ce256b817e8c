// Parity fixture for C++ at -O0: members, references, templates, dynamic types, lambdas and a caught exception.
#include "classes.h"

static std::vector<int> numbers = {3, 14, 15, 9};
static int last_code;

static int adopt(zoo::Animal &animal, const std::string &greeting, std::vector<int> &&scores) {
  int &attempts = last_code;
  int noise = animal.noise(2);
  auto twice = [&noise](int by) {
    return noise * by;  // @stop lambda
  };
  attempts = 0;  // @stop adopt
  return twice(3) + animal.legs() + static_cast<int>(greeting.size() + scores.size());
}

static int recover() {
  int result = 0;
  try {
    result = zoo::risky(last_code);
  } catch (zoo::Failure &failure) {
    result = failure.code;  // @stop handler
    result += 1;
  }
  return result;
}

int main() {
  zoo::Dog dog("Rex");  // @stop main
  int total = adopt(dog, "good morning", {1, 2, 3});
  total += zoo::largest(numbers);
  total += recover();
  return (total + zoo::Dog::population) & 0x7f;  // @stop end
}
