// What jit_host runs: no library, all of it in one object.

struct point {
  int x, y;
};

static int calls;
volatile int go_on;
const struct point origin = {3, 4};

int work(int n) {
  int twice = n * 2;
  calls += twice;  // @stop
  return calls;
}

/// Modes: 0 returns at once, 1 waits until `go_on` is set, 2 crashes.
int start(void (*wait_a_while)(unsigned), int mode) {
  int total = 0;
  for (int i = 1; i <= 3; ++i) total = work(i);
  while (mode == 1 && !go_on) wait_a_while(1000);
  if (mode == 2) *(volatile int *)16 = 1;  // @crash
  return total + origin.x;
}
