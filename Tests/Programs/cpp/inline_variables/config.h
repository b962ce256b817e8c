// Inline variables with constant and with dynamic initialisers.
#pragma once
#include <cstdio>
#include <string>

inline int initialisations = 0;
inline int compute() { return ++initialisations * 100; }
inline int setting = compute();
inline std::string label = "label";
inline constexpr int table[] = {2, 4, 8, 16};
