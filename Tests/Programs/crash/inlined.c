// Compiled with -O2: the function that crashes has become a part of its caller.
static inline __attribute__((always_inline)) void store(volatile int *place, int value) {
  *place = value; // @crash
}
__attribute__((noinline)) static void fill(volatile int *place) { store(place, 5); }
int main(int argc, char **argv) {
  fill(argc > 5 ? (int *)argv : (int *)16);
  return 0;
}
