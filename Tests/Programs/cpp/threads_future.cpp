// std::thread, mutex, condition_variable, async and promise, an exception through a future, call_once, jthread.
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <mutex>
#include <numeric>
#include <queue>
#include <stdexcept>
#include <thread>
#include <vector>

int main() {
  std::mutex mutex;
  std::condition_variable ready;
  std::queue<int> queue;
  long sum = 0;
  std::thread consumer([&] {
    for (int taken = 0; taken < 100; taken++) {
      std::unique_lock lock(mutex);
      ready.wait(lock, [&] { return !queue.empty(); });
      sum += queue.front();
      queue.pop();
    }
  });
  for (int i = 0; i < 100; i++) {
    std::lock_guard lock(mutex);
    queue.push(i);
    ready.notify_one();
  }
  consumer.join();
  std::printf("sum %ld\n", sum);

  std::vector<std::future<int>> parts;
  for (int i = 0; i < 4; i++)
    parts.push_back(std::async(std::launch::async, [i] { return i * i; }));
  int squares = 0;
  for (auto &part : parts)
    squares += part.get();
  auto failing = std::async(std::launch::async, []() -> int { throw std::runtime_error("in a thread"); });
  try {
    failing.get();
  } catch (const std::exception &e) {
    std::printf("%d %s\n", squares, e.what());
  }
  std::once_flag once;
  std::atomic<int> ran{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; i++)
      threads.emplace_back([&] { std::call_once(once, [&] { ran++; }); });
  }
  std::promise<int> promise;
  std::jthread keeper([&] { promise.set_value(33); });
  std::printf("once %d, promise %d\n", ran.load(), promise.get_future().get());
  return 0;
}
