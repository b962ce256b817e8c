// The other user of config.h.
#include "config.h"

int change_in_other() {
  label += " and changed";
  return setting += 5;
}
const void *table_in_other() { return &table; }
