// Recursion without an end.
static int descend(volatile int *above, int depth) {
  volatile int here[64];
  here[0] = *above + depth;
  return descend(here, depth + 1) + here[0];
}
int main(int argc, char **argv) {
  (void)argv;
  return descend(&argc, 1); // the innermost of many frames crashes
}
