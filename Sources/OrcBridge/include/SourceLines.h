// Which addresses belong to which source lines, read from the debug info of a linked image.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

typedef struct orc_source_lines orc_source_lines;

typedef struct orc_source_line {
  uint64_t address;
  const char *_Nullable file; // its absolute path; NULL at the end of a sequence, which has no line
  uint32_t line;
  uint32_t discriminator;
} orc_source_line;

// Reads the line tables of an ELF file; what cannot be read is left out. NULL on success, else a message to be freed with
// orc_string_free.
char *_Nullable orc_source_lines_read(const void *bytes, size_t size,
                                      orc_source_lines *_Nullable *_Nonnull result);
void orc_source_lines_free(orc_source_lines *lines);
size_t orc_source_lines_count(const orc_source_lines *lines);
// In the order of addresses; names live as long as the lines.
orc_source_line orc_source_lines_get(const orc_source_lines *lines, size_t index);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
