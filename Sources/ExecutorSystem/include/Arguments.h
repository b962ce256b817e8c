// The executor's command line.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// The words that are left, up to a null.
typedef const char *_Nullable const *argument_words;

/// What the command line says. Texts are the command line's own words, null where an option was not given; numbers are
/// then negative, if nothing else is said. A new option is a member here and a line of the table in arguments.c.
struct executor_options {
  bool help;
  bool version;
  bool session;
  bool insecure;
  bool stdio;
  const char *_Nullable listen;
  const char *_Nullable dial;
  const char *_Nullable token_file;
  const char *_Nullable port_file;
  int64_t fd;
  bool quiet;
  const char *_Nullable user;
  // These are 0 where there is no limit: numbers, seconds, bytes.
  int64_t max_sessions;
  int64_t idle_timeout;
  int64_t session_timeout;
  int64_t limit_memory;
  int64_t limit_cpu;
};

/// Reads all words. Returns null, or what is wrong with `*subject`, a word or an option's name. Nothing is read after
/// `--help` and `--version`.
const char *_Nullable arguments_read(
    argument_words _Nonnull words, struct executor_options *options, const char *_Nullable *_Nonnull subject);

/// Reads a decimal number up to `limit`; -1 if the text is none.
int64_t argument_number(const char *text, int64_t limit);

#pragma clang assume_nonnull end
