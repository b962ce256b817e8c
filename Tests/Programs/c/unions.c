// Unions: type punning, tagged variants in static data, anonymous members, arrays inside.
#include <stdint.h>
#include <stdio.h>

union word { uint32_t whole; uint8_t bytes[4]; float real; struct { uint16_t low, high; }; };
struct variant { enum { number, text, pointer } tag; union { double n; const char *s; int *p; }; };

static int pointed = 77;
static struct variant variants[] = {{number, {.n = 2.5}}, {text, {.s = "text"}}, {pointer, {.p = &pointed}}};
static union word one = {.real = 1.0f};

int main(void) {
  printf("%08x %02x %04x\n", one.whole, one.bytes[3], one.high);
  one.bytes[0] = 0xff;
  printf("%.9g\n", one.real);
  for (int i = 0; i < 3; i++)
    switch (variants[i].tag) {
    case number: printf("number %g\n", variants[i].n); break;
    case text: printf("text %s\n", variants[i].s); break;
    case pointer: printf("pointer to %d\n", *variants[i].p); break;
    }
  *variants[2].p = 78;
  return pointed;
}
