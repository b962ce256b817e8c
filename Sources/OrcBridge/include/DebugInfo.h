// What is read of an object's debug info to judge it, look addresses up, and show code. LLVM's readers may end or stall the process
// on hostile data: call these in a process of their own.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

typedef struct orc_debug_info orc_debug_info;

// Opens an ELF object. The bytes must outlive the result. NULL on success, else a message for orc_string_free.
char *_Nullable orc_debug_info_open(const void *bytes, size_t size, orc_debug_info *_Nullable *_Nonnull result);
void orc_debug_info_free(orc_debug_info *info);

// Compile units, and who wrote one ("" if it does not say); valid as long as the info.
size_t orc_debug_info_unit_count(const orc_debug_info *info);
const char *orc_debug_info_producer(const orc_debug_info *info, size_t unit);

// The number of functions with code that DWARF describes, and how many of these begin in a loaded section.
size_t orc_debug_info_functions(const orc_debug_info *info, size_t *inside);
// Adds what .eh_frame has become in memory, at its address there.
void orc_debug_info_add_frames(orc_debug_info *info, const void *bytes, size_t size, uint64_t address);
// Whether .eh_frame or .debug_frame says how to unwind from an address.
bool orc_debug_info_unwinds(const orc_debug_info *info, uint64_t address);
// Runs LLVM's DWARF verifier: the number of errors, those of reading included, and the first of its lines, for orc_string_free.
size_t orc_debug_info_verify(orc_debug_info *info, char *_Nullable *_Nonnull text);
// The functions at an address, the innermost inlined one first: lines of name, file, line and column with tabs between. For
// orc_string_free; NULL if there is none.
char *_Nullable orc_debug_info_lookup(orc_debug_info *info, uint64_t address);

// Instructions as lines of address, bytes in hexadecimal and text with tabs between, for orc_string_free. `names` are those of
// addresses, in order, for the targets of calls. NULL if there is no disassembler for the triple.
char *_Nullable orc_disassemble(const char *triple, const uint8_t *bytes, size_t size, uint64_t address,
                                const char *_Nonnull const *_Nullable names, const uint64_t *_Nullable addresses, size_t count);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
