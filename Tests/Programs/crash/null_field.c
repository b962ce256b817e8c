// Reads a field of a structure that is not there.
struct node {
  char text[24];
  int value;
};
static int value_of(struct node *node) {
  return node->value; // @crash
}
int main(int argc, char **argv) { return value_of(argc > 5 ? (struct node *)argv : 0); }
