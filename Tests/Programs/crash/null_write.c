// Writes to address 0.
static void store(int *place, int value) {
  *place = value; // @crash
}
int main(int argc, char **argv) {
  (void)argv;
  store(0, argc);
  return 0;
}
