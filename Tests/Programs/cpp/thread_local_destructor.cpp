// thread_local objects with constructors and destructors: made on first use in a thread, destroyed when it ends.
#include <cstdio>
#include <string>
#include <thread>

struct Log {
  std::string name;
  explicit Log(const char *n) : name(n) { std::printf("make %s\n", n); }
  ~Log() { std::printf("drop %s\n", name.c_str()); }
};
static thread_local Log log_("thread");
static thread_local int uses = 5;
struct Holder { static inline thread_local std::string text = std::string("inline ") + "text"; };

static void use(const char *who) {
  log_.name = who;
  uses++;
  Holder::text += who;
}

int main() {
  std::puts("main");
  std::thread([] { use("one"); std::printf("%d %s\n", uses, Holder::text.c_str()); }).join();
  std::thread([] { std::puts("unused"); }).join();
  use("main thread");
  use("main thread");
  std::printf("%d %s\n", uses, Holder::text.c_str());
  return 0;
}
