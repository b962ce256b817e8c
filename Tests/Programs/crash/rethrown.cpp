// An exception that is thrown a second time, away from where it was first, and that nobody catches.
#include <exception>
#include <stdexcept>
static std::exception_ptr keep() {
  try {
    throw std::runtime_error("kept for later");
  } catch (...) {
    return std::current_exception();
  }
}
static void again(std::exception_ptr kept) {
  std::rethrow_exception(kept); // @crash
}
int main() { again(keep()); }
