// A function's static initialised by many threads at once, by an initialiser that first fails with an exception.
#include <atomic>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static std::atomic<int> attempts;
struct Expensive {
  std::string value;
  Expensive() {
    if (++attempts == 1)
      throw std::runtime_error("first attempt");
    value = "ready";
  }
};
static Expensive &instance() {
  static Expensive object;
  return object;
}

int main() {
  try {
    instance();
  } catch (const std::exception &e) {
    std::puts(e.what());
  }
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; i++)
    threads.emplace_back([&] { good += instance().value == "ready"; });
  for (auto &thread : threads)
    thread.join();
  std::printf("%d threads, %d attempts\n", good.load(), attempts.load());
  return attempts;
}
