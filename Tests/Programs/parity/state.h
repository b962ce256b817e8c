// Types shared by the C parity fixture's files.
#pragma once

enum colour { red, green = 5, blue };
struct point { int x, y; };
struct shape {
  const char *name;
  enum colour colour;
  struct point corners[3];
  unsigned flags : 3;
  double area;
  union { int number; float real; } as;
};

int square(int x);
int cube(int x);
int step_one(int x);
int step_two(int x);
int elsewhere(int x);
