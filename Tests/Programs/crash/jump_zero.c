// Calls a function pointer that was never set.
static int (*volatile callback)(int);
static int call(int number) {
  int result = callback(number); // @crash
  return result + 1;
}
int main(int argc, char **argv) {
  (void)argv;
  return call(argc);
}
