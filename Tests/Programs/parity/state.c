// Parity fixture at -O0: every kind of C variable and type, and lines to stop at, named by @stop markers.
#include "state.h"

int initialised = 42;
int zeroed[4];
const int constant = 1234;
static int file_static = 7;
static const char *const words[] = {"zero", "one", "two"};
double ratio = 0.75;
struct shape global_shape = {
    .name = "triangle", .colour = green, .corners = {{1, 2}, {3, 4}, {5, 6}}, .flags = 5, .area = 12.5, .as.number = 9};
static int matrix[2][3] = {{1, 2, 3}, {4, 5, 6}};
int (*operation)(int) = square;

int square(int x) {
  int result = x * x;  // @stop square
  return result;
}

int cube(int x) { return x * x * x; }
double half(double x) { return x / 2; }
struct point mirrored(struct point p) { return (struct point){p.y, p.x}; }
const char *name_of(const struct shape *s) { return s->name; }

static int inspect(int count, const char *text, struct shape *shape, struct point by_value) {
  static int calls = 3;
  int local = count * 10;
  char letters[8] = "letters";
  unsigned char byte = 200;
  long long big = 1LL << 40;
  struct point *corner = &shape->corners[1];
  enum colour colour = shape->colour;
  float real = 1.5f;
  {
    int local = -1;  // Shadows the outer one.
    calls += local;
  }
  calls += byte + letters[0] + (int)real + (int)(big >> 40) + corner->x;  // @stop inspect
  return local + calls + (int)colour + text[0] + by_value.x + file_static + matrix[1][1] + words[1][0];
}

int step_one(int x) {
  int y = x + 1;  // @stop step_one
  y = step_two(y);
  y *= 2;
  return y;
}

int step_two(int x) {
  x += 10;
  return x;
}

static int loop(int limit) {
  int sum = 0;
  for (int i = 0; i < limit; i++) {
    sum += i;  // @stop loop
  }
  sum += 100;  // @stop after_loop
  return sum;
}

int main(int argc, char **argv) {
  int total = 0;  // @stop main
  total += inspect(argc, argv[1], &global_shape, mirrored((struct point){8, 9}));
  total += operation(5);
  total += step_one(total);
  total += loop(10);
  total += elsewhere(total);
  return (total + initialised + zeroed[2]) & 0x7f;  // @stop end
}
