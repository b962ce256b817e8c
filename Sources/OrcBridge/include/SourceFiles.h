// The source files that debug info names: from DWARF in objects and debug files, from metadata in LLVM IR and bitcode.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

typedef struct orc_source_files orc_source_files;

typedef struct orc_source_file {
  const char *compilation_directory; // "" if not recorded
  const char *directory;             // as recorded; "" if none
  bool directory_is_whole;           // directory 0 of DWARF 5: what debuggers do not put behind the compilation directory
  const char *name;                  // as recorded, may be absolute
  bool has_md5;
  uint8_t md5[16];
  size_t functions; // functions declared in this file whose code the unit holds
} orc_source_file;

// Reads ELF (relocatable or not), bitcode, textual IR, or an archive of these. NULL on success, else a message for orc_string_free.
char *_Nullable orc_source_files_read(const void *bytes, size_t size, const char *name,
                                      orc_source_files *_Nullable *_Nonnull result);
void orc_source_files_free(orc_source_files *files);
size_t orc_source_files_count(const orc_source_files *files);
// Strings live as long as the list.
orc_source_file orc_source_files_get(const orc_source_files *files, size_t index);

// The MD5 sum that compilers record of a source file's content (DWARF 5, 6.2.4.1), of all that can be read from the open file.
// False if it cannot be read, or has more bytes than the limit.
bool orc_md5(int file, uint64_t limit, uint8_t *result /* 16 of them */);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
