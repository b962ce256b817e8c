// Exceptions across JITed frames: clean-ups, rethrow, nested, by base class, function try blocks, exceptions kept for later.
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

struct Trace {
  const char *name;
  explicit Trace(const char *n) : name(n) { std::printf("enter %s\n", name); }
  ~Trace() { std::printf("leave %s%s\n", name, std::uncaught_exceptions() ? " by exception" : ""); }
};
struct Special : std::runtime_error {
  int code;
  Special(int c, const std::string &text) : std::runtime_error(text), code(c) {}
};

[[gnu::noinline]] static void descend(int depth) {
  Trace trace("descend");
  if (depth == 0)
    throw Special(17, "from the deep");
  descend(depth - 1);
}

struct Member {
  explicit Member(int v) { if (v < 0) throw v; }
};
struct Owner {
  Member member;
  explicit Owner(int v) try : member(v) {} catch (int caught) { std::printf("member threw %d\n", caught); throw; }
};

int main() {
  try {
    try {
      descend(2);
    } catch (const std::logic_error &) {
      std::puts("wrong handler");
    } catch (std::runtime_error &e) {
      std::printf("rethrowing %s\n", e.what());
      throw;
    }
  } catch (const Special &e) {
    std::printf("special %d: %s\n", e.code, e.what());
  }
  try { Owner owner(-5); } catch (int v) { std::printf("owner %d\n", v); }
  std::exception_ptr kept;
  try { std::string().at(3); } catch (...) { kept = std::current_exception(); }
  try { std::rethrow_exception(kept); } catch (const std::out_of_range &) { std::puts("out of range, kept"); }
  try {
    try { throw 1; } catch (...) { std::throw_with_nested(std::runtime_error("outer")); }
  } catch (const std::exception &e) {
    try { std::rethrow_if_nested(e); } catch (int inner) { std::printf("%s around %d\n", e.what(), inner); }
  }
  auto unique = std::make_unique<Trace>("unique");
  try { auto moved = std::move(unique); throw 'c'; } catch (char c) { std::printf("char %c\n", c); }
  return 0;
}
