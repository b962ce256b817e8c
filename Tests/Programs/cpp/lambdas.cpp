// Lambdas, std::function, bind, member pointers and perfect forwarding: many small functions with odd names.
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

struct Button {
  std::function<void(int)> pressed = [](int) { std::puts("nobody listens"); };
  int presses = 0;
  void press(int times) { presses += times; pressed(times); }
};
template <typename F, typename... A> auto twice(F &&f, A &&...a) { return f(a...) + f(std::forward<A>(a)...); }

int main() {
  Button button;
  button.press(1);
  int total = 0;
  std::string big(100, 'b');
  button.pressed = [&total, big](int n) { total += n * static_cast<int>(big.size()); };
  button.press(3);
  auto recursive = [](auto &&self, int n) -> long { return n < 2 ? 1 : n * self(self, n - 1); };
  std::printf("%d %d %ld\n", total, button.presses, recursive(recursive, 15));
  auto owned = [p = std::make_unique<int>(9)]() mutable { return ++*p; };
  std::printf("%d %d\n", owned(), owned());
  auto bound = std::bind(&Button::press, &button, std::placeholders::_1);
  bound(2);
  std::vector<std::function<int(int)>> chain{[](int x) { return x + 1; }, [&](int x) { return x * total; }};
  int x = 1;
  for (auto &f : chain)
    x = f(x);
  std::printf("%d %d %d\n", x, button.presses, twice([](int a, int b) { return a * b; }, 6, 7));
  int (*pointer)(int) = [](int v) { return -v; };
  return pointer(-11);
}
