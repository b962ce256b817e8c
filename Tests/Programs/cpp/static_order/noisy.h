// An object that tells when it comes and goes.
#pragma once
#include <cstdio>

struct Noisy {
  const char *name;
  explicit Noisy(const char *n) : name(n) { std::printf("construct %s\n", name); }
  ~Noisy() { std::printf("destroy %s\n", name); }
};
int other_value();
