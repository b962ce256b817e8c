// Spends its time in one line of one function.
#include <cstdio>

namespace app {
struct Spinner {
  unsigned long spin(unsigned long count);
};

__attribute__((noinline)) unsigned long Spinner::spin(unsigned long count) {
  unsigned long sum = 0;
  for (unsigned long i = 0; i < count; i++)
    sum += i * i % 7; // @hot
  return sum;
}
} // namespace app

int main() {
  app::Spinner spinner;
  std::printf("%lu\n", spinner.spin(200000000));
  return 0;
}
