// The words of a command line.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// The words that are left, up to a null.
typedef const char *_Nullable const *argument_words;

/// Takes the next word if it is the option `name`.
bool argument_take(argument_words _Nonnull *_Nonnull words, const char *name);

/// Takes the option `name` with its value, which is the word after it or what follows an equals sign. Returns null if
/// the next word is another option, and the empty string if the value is missing.
const char *_Nullable argument_take_value(argument_words _Nonnull *_Nonnull words, const char *name);

/// Reads a decimal number up to `limit`; -1 if the text is none.
int64_t argument_number(const char *text, int64_t limit);

#pragma clang assume_nonnull end
