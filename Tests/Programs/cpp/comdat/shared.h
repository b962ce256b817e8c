// Everything here is emitted in both files.
#pragma once
#include <cstdio>
#include <string>
#include <typeinfo>

inline int next_id() {
  static int id = 10;
  return ++id;
}
template <typename T> T largest(T a, T b) { return a < b ? b : a; }
template <typename T> struct Counted {
  static inline int alive = 0;
  Counted() { alive++; }
  ~Counted() { alive--; }
};
struct Base {
  virtual ~Base() = default;
  virtual const char *name() const { return "base"; }
};
template <typename T> struct Derived : Base {
  const char *name() const override { return "derived"; }
};
