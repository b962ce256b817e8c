// Compares the words of a command line.
#include "Arguments.h"

#include <string.h>

bool argument_take(argument_words *words, const char *name) {
  if (!**words || strcmp(**words, name)) return false;
  ++*words;
  return true;
}

const char *argument_take_value(argument_words *words, const char *name) {
  const char *word = **words;
  if (argument_take(words, name)) return **words ? *(*words)++ : "";
  size_t length = strlen(name);
  if (!word || strncmp(word, name, length) || word[length] != '=') return 0;
  ++*words;
  return word + length + 1;
}

int64_t argument_number(const char *text, int64_t limit) {
  int64_t value = 0;
  if (!*text) return -1;
  for (; *text; text++) {
    if (*text < '0' || *text > '9') return -1;
    value = value * 10 + (*text - '0');
    if (value > limit) return -1;
  }
  return value;
}
