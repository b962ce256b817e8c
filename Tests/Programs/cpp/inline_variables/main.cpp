// Inline variables and inline constexpr tables: one object over two files, initialised once, dynamically.
#include "config.h"

int change_in_other();
const void *table_in_other();

int main() {
  std::printf("%d %s initialised %d times\n", setting, label.c_str(), initialisations);
  int other = change_in_other();
  std::printf("%d %d %s\n", setting, other, label.c_str());
  std::printf("one table %d, %d\n", table_in_other() == &table, table[2]);
  return initialisations;
}
