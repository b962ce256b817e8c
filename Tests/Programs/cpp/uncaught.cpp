// Nobody catches: std::terminate prints what it knows and aborts; a noexcept function stops an exception too.
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>

struct Loud { ~Loud() { std::puts("unwound"); } };
[[gnu::noinline]] static void fail() { throw std::runtime_error("nobody catches this"); }
static void guarded() noexcept { fail(); }

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "";
  std::printf("about to fail %s\n", how);
  std::fflush(stdout);
  if (!std::strcmp(how, "noexcept"))
    guarded();
  if (!std::strcmp(how, "handler"))
    std::set_terminate([] { std::puts("own handler"); std::fflush(stdout); std::_Exit(77); });
  if (!std::strcmp(how, "int"))
    throw 42;
  Loud loud;
  fail();
}
