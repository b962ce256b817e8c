// Floating point: printf conversions, libm calls, rounding modes, NaN and infinities, constants in .rodata.cst sections.
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdio.h>

static const double values[] = {0.1, -1.5, 1e300, 2.2250738585072014e-308, 123456.789};

int main(void) {
  for (int i = 0; i < 5; i++)
    printf("%f %.3e %g %a\n", values[i], values[i], values[i], values[i]);
  volatile double x = 0.75;
  printf("%.15g %.15g %.15g %.15g\n", sin(x), cos(x), exp(x), log(x));
  printf("%.15g %.15g %.15g\n", pow(x, 3.5), fmod(17.25, x), hypot(3, 4 * x));
  printf("%g %g %g %ld\n", floor(-x), ceil(x), trunc(2.9 * x), lround(10 * x));
  volatile float f = 16777217.0f;
  printf("%.1f %.8g\n", f, sqrtf(2.0f * f));
  volatile double zero = 0;
  printf("%d %d %d %g\n", isnan(zero / zero) != 0, isinf(1 / zero) != 0, signbit(-zero) != 0, -1 / zero);
  int exponent;
  double mantissa = frexp(10.0 * x, &exponent);
  printf("%g %d %g\n", mantissa, exponent, ldexp(mantissa, exponent));
  fesetround(FE_UPWARD);
  volatile double third = 1.0, three = 3.0;
  third /= three;
  fesetround(FE_TONEAREST);
  printf("%.20f %d\n", third, (int)DBL_DIG);
  unsigned long long big = (unsigned long long)(1.8e19 * (x + 0.25));
  printf("%llu %d\n", big, (int)(-2.7 * x));
  return 0;
}
