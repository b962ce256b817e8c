// C++ over three files at -O2 with templates, inlining and discarded COMDAT functions, whose merged DWARF must verify.
#include "tree.h"
#include <cstdio>
#include <map>

int main() {
  inlining::Tree<std::string, int> words;
  for (const char *word : {"pear", "fig", "apple", "fig", "quince"})
    words[word]++;
  long letters = 0;
  words.each([&](const std::string &key, int value) { letters += static_cast<long>(key.size()) * value; });
  std::map<std::string, std::vector<int>> lists{{"a", {1, 200, 3}}, {"b", {-5, 5}}};
  for (auto &[name, list] : lists)
    letters += inlining::total(list) * static_cast<long>(name.size());
  std::printf("%zu %ld %ld %ld %ld\n", words.size(), letters, inlining::count_words("to be or not to be"),
              inlining::sum_numbers({4, 8, 15, 16, 23, 42}), inlining::Power<5>::of(3));
  return 0;
}
