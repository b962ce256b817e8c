// The other user of shared.h.
#include "shared.h"

static Counted<int> kept;
void *address_in_other() { return reinterpret_cast<void *>(&largest<long>); }
int count_in_other() { return next_id(); }
Base *make_in_other() { return new Derived<int>; }
