// An instruction that there is not.
static void never(void) {
  __builtin_trap(); // @crash
}
int main(void) {
  never();
  return 0;
}
