// Writes where only reading is allowed.
static const char text[] = "constant";
static void change(char *place) {
  *place = 'C'; // @crash
}
int main(void) {
  change((char *)text);
  return 0;
}
