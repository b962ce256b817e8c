// Reads the command line, by a table of the options.
#include "Arguments.h"

#include <stddef.h>
#include <string.h>

enum kind { FLAG, TEXT, NUMBER };

// Without pointers, which would need relocations.
static const struct option {
  char name[19];
  uint8_t kind;
  uint8_t member;
} table[] = {
    {"--help", FLAG, offsetof(struct executor_options, help)},
    {"-h", FLAG, offsetof(struct executor_options, help)},
    {"--version", FLAG, offsetof(struct executor_options, version)},
    {"--listen", TEXT, offsetof(struct executor_options, listen)},
    {"--port-file", TEXT, offsetof(struct executor_options, port_file)},
    {"--dial", TEXT, offsetof(struct executor_options, dial)},
    {"--token-file", TEXT, offsetof(struct executor_options, token_file)},
    {"--insecure", FLAG, offsetof(struct executor_options, insecure)},
    {"--stdio", FLAG, offsetof(struct executor_options, stdio)},
    {"--fd", NUMBER, offsetof(struct executor_options, fd)},
};

const char *arguments_read(argument_words words, struct executor_options *options, const char **subject) {
  memset(options, 0, sizeof *options);
  options->fd = -1;
  while (*words && !options->help && !options->version) {
    const char *word = *subject = *words++;
    size_t length = strcspn(word, "=");
    const struct option *option = table;
    while (strncmp(option->name, word, length) || option->name[length] || (option->kind == FLAG && word[length]))
      if (++option == table + sizeof table / sizeof *table) return "unknown argument";
    *subject = option->name;
    void *member = (char *)options + option->member;
    if (option->kind == FLAG) {
      *(bool *)member = true;
      continue;
    }
    const char *value = word[length] ? word + length + 1 : *words ? *words++ : "";
    if (option->kind == TEXT) {
      if (!*value) return "missing value";
      *(const char **)member = value;
    } else if ((*(int64_t *)member = argument_number(value, INT64_C(1) << 50)) < 0) {
      return *value ? "not a number" : "missing value";
    }
  }
  return 0;
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
