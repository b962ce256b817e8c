// Locales and wide characters: state inside libc, multibyte conversion, wide output, iconv.
#define _GNU_SOURCE
#include <iconv.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

int main(void) {
  printf("%s\n", setlocale(LC_ALL, "C.UTF-8") ? "utf-8" : "no locale");
  wchar_t wide[32];
  size_t n = mbstowcs(wide, "grüße, Ωmega", 32);
  printf("%zu of %zu, %d\n", n, strlen("grüße, Ωmega"), (int)MB_CUR_MAX);
  for (size_t i = 0; i < n; i++)
    wide[i] = towupper(wide[i]);
  printf("%ls %d\n", wide, wcswidth(wide, n));
  printf("%d %ls\n", wcscmp(L"abc", L"abd") < 0, wcsstr(wide, L"MEGA"));
  printf("%s\n", localeconv()->decimal_point);
  iconv_t cd = iconv_open("UTF-16LE", "UTF-8");
  char in[] = "aΩ", out[16], *from = in, *to = out;
  size_t left = strlen(in), room = sizeof out;
  printf("iconv %zu, %zu bytes\n", iconv(cd, &from, &left, &to, &room), sizeof out - room);
  iconv_close(cd);
  return 0;
}
