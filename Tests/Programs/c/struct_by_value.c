// Structs passed and returned by value in every class of the ABI: registers, vector registers, mixed, memory.
#include <complex.h>
#include <stdio.h>

struct small { int a, b; };
struct mixed { double d; long l; };
struct floats { float x, y, z; };
struct large { long v[5]; };
struct odd { char c[3]; };

__attribute__((noinline)) struct small swap(struct small s) { return (struct small){s.b, s.a}; }
__attribute__((noinline)) struct mixed twice(struct mixed m) { return (struct mixed){m.d * 2, m.l * 2}; }
__attribute__((noinline)) struct floats rotate(struct floats f) { return (struct floats){f.y, f.z, f.x}; }
__attribute__((noinline)) struct large grow(struct large l, int by) {
  for (int i = 0; i < 5; i++)
    l.v[i] += by;
  return l;
}
__attribute__((noinline)) struct odd next(struct odd o) { return (struct odd){{o.c[1], o.c[2], o.c[0] + 1}}; }
__attribute__((noinline)) double complex square(double complex z) { return z * z; }
__attribute__((noinline)) long many(struct small a, struct mixed b, struct large c, struct floats d, struct odd e, struct mixed f) {
  return a.a + (long)b.d + b.l + c.v[4] + (long)d.z + e.c[2] + f.l;
}

int main(void) {
  struct small s = swap((struct small){1, 2});
  struct mixed m = twice((struct mixed){1.25, 21});
  struct floats f = rotate((struct floats){1, 2, 3});
  struct large l = grow((struct large){{1, 2, 3, 4, 5}}, 10);
  struct odd o = next((struct odd){{'a', 'b', 'c'}});
  double complex z = square(1 + 2 * I);
  printf("%d %d | %g %ld | %g %g %g | %ld %ld | %.3s | %g%+gi\n", s.a, s.b, m.d, m.l, f.x, f.y, f.z, l.v[0], l.v[4], o.c,
         creal(z), cimag(z));
  struct small (*pointer)(struct small) = swap;
  printf("%d %ld\n", pointer(s).a, many(s, m, l, f, o, m));
  return 0;
}
