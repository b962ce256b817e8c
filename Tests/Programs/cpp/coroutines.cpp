// C++20 coroutines: a generator and a task resumed from outside, split by the compiler into several functions.
#include <coroutine>
#include <cstdio>
#include <exception>
#include <utility>

struct Generator {
  struct promise_type {
    int value = 0;
    Generator get_return_object() { return Generator{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(int v) { value = v; return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
  explicit Generator(std::coroutine_handle<promise_type> h) : handle(h) {}
  Generator(Generator &&other) : handle(std::exchange(other.handle, nullptr)) {}
  ~Generator() { if (handle) handle.destroy(); }
  bool next() { handle.resume(); return !handle.done(); }
};

struct Noisy { const char *name; ~Noisy() { std::printf("~%s\n", name); } };

static Generator fibonacci(int limit) {
  Noisy noisy{"fibonacci"};
  for (int a = 0, b = 1; a < limit; a = std::exchange(b, a + b))
    co_yield a;
}

static Generator nested(int n) {
  Noisy noisy{"nested"};
  for (int i = 0; i < n; i++)
    for (auto inner = fibonacci(4); inner.next();)
      co_yield inner.handle.promise().value + i * 10;
}

int main() {
  for (auto g = fibonacci(60); g.next();)
    std::printf("%d ", g.handle.promise().value);
  std::puts("");
  auto g = nested(2);
  int last = 0;
  while (g.next())
    std::printf("%d ", last = g.handle.promise().value);
  std::puts("");
  { auto abandoned = nested(5); abandoned.next(); }
  return last;
}
