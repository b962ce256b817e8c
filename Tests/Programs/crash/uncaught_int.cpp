// One that is no object of a class, thrown where nothing may be.
static void careful(int number) noexcept {
  if (number) throw number; // @crash
}
int main(int argc, char **) { careful(argc); }
