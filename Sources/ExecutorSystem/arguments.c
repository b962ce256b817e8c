// Reads the command line, by a table of the options.
#include "Arguments.h"

#include <stddef.h>
#include <string.h>

enum kind { FLAG, TEXT, NUMBER, SIZE };

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
    {"--max-sessions", NUMBER, offsetof(struct executor_options, max_sessions)},
    {"--idle-timeout", NUMBER, offsetof(struct executor_options, idle_timeout)},
    {"--session-timeout", NUMBER, offsetof(struct executor_options, session_timeout)},
    {"--limit-memory", SIZE, offsetof(struct executor_options, limit_memory)},
    {"--limit-cpu", NUMBER, offsetof(struct executor_options, limit_cpu)},
    {"--user", TEXT, offsetof(struct executor_options, user)},
    {"--quiet", FLAG, offsetof(struct executor_options, quiet)},
    // Nothing for users, so the help does not tell of it.
    {"--session", FLAG, offsetof(struct executor_options, session)},
};

// A decimal number up to `limit`, of bytes perhaps with a unit; -1 if the text is none.
static int64_t number(const char *text, int64_t limit, bool is_size) {
  int64_t value = 0;
  if (!*text) return -1;
  for (; *text; text++) {
    int shift = *text == 'K' ? 10 : *text == 'M' ? 20 : *text == 'G' ? 30 : 0;
    if (is_size && shift && value && !text[1]) return value > limit >> shift ? -1 : value << shift;
    if (*text < '0' || *text > '9') return -1;
    value = value * 10 + (*text - '0');
    if (value > limit) return -1;
  }
  return value;
}

int64_t argument_number(const char *text, int64_t limit) { return number(text, limit, false); }

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
    } else if ((*(int64_t *)member = number(value, INT64_C(1) << 50, option->kind == SIZE)) < 0) {
      return *value ? "not a number" : "missing value";
    }
  }
  return 0;
}
