// The C library aborts the program in the middle of its heap.
#include <cstdlib>
static void release(char *bytes) {
  std::free(bytes); // @crash
}
int main() {
  char *bytes = static_cast<char *>(std::malloc(5000)), *volatile next = static_cast<char *>(std::malloc(5000));
  std::free(bytes);
  release(bytes);
  return next != nullptr;
}
