// The other half of main.c's order.
#include <stdio.h>

int order;
__attribute__((constructor)) static void plain(void) { puts("other.c constructor"); order = order * 10 + 3; }
__attribute__((constructor(200))) static void second(void) { puts("other.c constructor 200"); order = order * 10 + 4; }
__attribute__((destructor)) static void end(void) { puts("other.c destructor"); }
__attribute__((destructor(200))) static void late(void) { puts("other.c destructor 200"); }
