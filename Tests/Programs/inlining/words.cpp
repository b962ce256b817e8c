// The second file of main.cpp's program: the same templates for other types, and one of the same.
#include "tree.h"
#include <sstream>

namespace inlining {

static int longest;

long count_words(const std::string &text) {
  std::istringstream stream(text);
  Tree<std::string, int> seen;
  std::string word;
  while (stream >> word) {
    seen[word]++;
    longest = std::max(longest, clamp(static_cast<int>(word.size()), 1, 10));
  }
  long repeated = 0;
  seen.each([&repeated](const std::string &, int n) { repeated += n > 1; });
  return static_cast<long>(seen.size()) * 10 + repeated + Power<2>::of(longest);
}

}  // namespace inlining
