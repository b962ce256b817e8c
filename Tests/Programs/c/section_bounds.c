// The linker's __start_ and __stop_ symbols around a section named like a C identifier, as registries of plug-ins use.
#include <stdio.h>

struct command { const char *name; int (*run)(int); };
#define COMMAND(name) \
  static int name(int); \
  static const struct command command_##name __attribute__((section("commands"), used, aligned(8))) = {#name, name}; \
  static int name(int x)

COMMAND(increment) { return x + 1; }
COMMAND(square) { return x * x; }
COMMAND(negate) { return -x; }

extern const struct command __start_commands[], __stop_commands[];

int main(void) {
  int x = 6;
  for (const struct command *c = __start_commands; c < __stop_commands; c++)
    printf("%s %d\n", c->name, x = c->run(x));
  return (int)(__stop_commands - __start_commands);
}
