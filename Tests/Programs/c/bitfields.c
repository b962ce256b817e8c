// Bit-fields: signed, unsigned, straddling, zero-width, in packed and in plain structs.
#include <stdio.h>
#include <string.h>

struct flags { unsigned a : 3; int b : 5; unsigned long long c : 40; unsigned : 0; unsigned d : 7; };
struct __attribute__((packed)) tight { unsigned char x : 4, y : 6; unsigned z : 22; };
static struct flags initialised = {5, -7, 0x123456789aull, 99};

__attribute__((noinline)) static void change(struct flags *f) {
  f->a += 4;
  f->b *= 2;
  f->c <<= 4;
  f->d ^= 0x55;
}

int main(void) {
  printf("%d %d %llx %d size %zu\n", initialised.a, initialised.b, (unsigned long long)initialised.c, initialised.d,
         sizeof initialised);
  change(&initialised);
  printf("%d %d %llx %d\n", initialised.a, initialised.b, (unsigned long long)initialised.c, initialised.d);
  struct tight t = {.x = 15, .y = 42, .z = 0x2abcde};
  unsigned char bytes[sizeof t];
  memcpy(bytes, &t, sizeof t);
  for (size_t i = 0; i < sizeof t; i++)
    printf("%02x ", bytes[i]);
  printf("%d %d %x\n", t.x, t.y, t.z);
  return t.y;
}
