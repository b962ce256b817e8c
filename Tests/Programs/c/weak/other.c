// The strong definitions for main.c, and a second weak one.
int chosen(void) { return 2; }
__attribute__((weak)) int both_weak(void) { return 20; }
int weak_data = 200;

int from_other(void) { return chosen() + both_weak() + weak_data % 100; }
