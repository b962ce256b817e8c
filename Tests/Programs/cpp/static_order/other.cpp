// The second file of main.cpp's order.
#include "noisy.h"

static int value = other_value() * 2;
Noisy other(value == 82 ? "other after value" : "other too early");
int other_value() { return 41; }
