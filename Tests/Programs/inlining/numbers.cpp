// The third file of main.cpp's program: exceptions, virtual calls and a lambda in inlined code.
#include "tree.h"
#include <stdexcept>

namespace inlining {

namespace {
struct Filter {
  virtual ~Filter() = default;
  virtual bool keep(int n) const { return n > 0; }
};
struct Even final : Filter {
  bool keep(int n) const override { return n % 2 == 0; }
};
}  // namespace

static int checked(int n) {
  if (n > 1000)
    throw std::out_of_range("number too large");
  return clamp(n, -100, 100);
}

long sum_numbers(const std::vector<int> &numbers) {
  Tree<int, long, std::greater<int>> squares;
  std::unique_ptr<Filter> filter = std::make_unique<Even>();
  try {
    for (int n : numbers)
      if (filter->keep(n))
        squares[n] = Power<2>::of(checked(n));
  } catch (const std::out_of_range &) {
    return -1;
  }
  std::vector<long> values;
  squares.each([&](int, long square) { values.push_back(square); });
  return total(values) + total(numbers);
}

}  // namespace inlining
