// SIMD: vector extensions, SSE2 intrinsics, 16-byte aligned constants and stack slots, and a run-time choice for AVX2.
#include <emmintrin.h>
#include <stdint.h>
#include <stdio.h>

typedef float v4 __attribute__((vector_size(16)));
typedef int i8 __attribute__((vector_size(32)));
static const v4 weights = {0.5f, 1.5f, 2.5f, 3.5f};
static i8 table = {1, 2, 3, 4, 5, 6, 7, 8};

__attribute__((noinline)) static v4 scale(v4 a, v4 b) { return a * b + weights; }

__attribute__((noinline)) static int sum(const uint8_t *bytes, int n) {
  __m128i total = _mm_setzero_si128();
  for (int i = 0; i < n; i += 16)
    total = _mm_add_epi64(total, _mm_sad_epu8(_mm_loadu_si128((const __m128i *)(bytes + i)), _mm_setzero_si128()));
  return _mm_cvtsi128_si32(total) + _mm_cvtsi128_si32(_mm_srli_si128(total, 8));
}

__attribute__((noinline, target("avx2"))) static int wide(const i8 *v) {
  i8 doubled = *v * 2 + 1;
  return doubled[0] + doubled[7];
}
__attribute__((noinline)) static int narrow(const i8 *v) { return ((*v)[0] + (*v)[7]) * 2 + 2; }

int main(void) {
  v4 r = scale((v4){1, 2, 3, 4}, (v4){10, 20, 30, 40});
  printf("%g %g %g %g\n", r[0], r[1], r[2], r[3]);
  uint8_t bytes[256];
  for (int i = 0; i < 256; i++)
    bytes[i] = (uint8_t)i;
  printf("%d\n", sum(bytes, 256));
  __builtin_cpu_init();
  printf("%d\n", __builtin_cpu_supports("avx2") ? wide(&table) : narrow(&table));
  double d[64], dot = 0;
  for (int i = 0; i < 64; i++)
    d[i] = i * 0.25;
  for (int i = 0; i < 64; i++)
    dot += d[i] * d[63 - i];
  printf("%g\n", dot);
  return 0;
}
