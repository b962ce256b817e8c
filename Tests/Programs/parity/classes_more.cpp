// The C++ parity fixture's second file: out-of-line members, and where the exception comes from.
#include "classes.h"

namespace zoo {

int Dog::population = 10;

int Dog::noise(int times) const {
  int sum = 0;
  for (int trick : tricks)
    sum += trick * times;  // @stop noise
  return sum + legs_;
}

static int fail(int attempt) {
  std::vector<double> weights = {0.5, 1.5};
  if (largest(weights) > 1)
    throw Failure(attempt + 20, "too heavy");  // @stop throw
  return attempt;
}

int risky(int &attempts) {
  attempts++;
  return fail(attempts);
}

}  // namespace zoo
