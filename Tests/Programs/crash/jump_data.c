// Runs data.
static char data[64] = {1, 2, 3};
static int call(void *place) {
  int result = ((int (*)(void))place)(); // @crash
  return result + 1;
}
int main(void) { return call(data); }
