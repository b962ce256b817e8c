// Divides by zero.
static int ratio(int above, int below) {
  return above / below; // @crash
}
int main(int argc, char **argv) {
  (void)argv;
  return ratio(7, argc - argc);
}
