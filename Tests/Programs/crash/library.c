// Crashes in the C library, for what it was given.
#include <string.h>
static size_t length(const char *text) {
  size_t result = strlen(text); // @crash
  return result + 1;
}
int main(int argc, char **argv) { return (int)length(argv[argc]); }
