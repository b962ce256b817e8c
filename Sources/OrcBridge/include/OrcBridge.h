// What only C++ can call in LLVM: reading objects and archives into link graphs, and running JITLink over all graphs of one
// generation together. No policy: which symbols win, where memory lies and what is done with the result is the caller's.
//
// Functions returning char * return NULL on success and otherwise a message to be freed with orc_string_free.
#pragma once

#include "ContentHash.h"
#include "DebugInfo.h"
#include "SourceFiles.h"
#include "SourceLines.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

typedef struct orc_object orc_object;
typedef struct orc_archive orc_archive;
typedef struct orc_linker orc_linker;
typedef struct orc_program orc_program;

void orc_string_free(char *_Nullable text);

// Objects -------------------------------------------------------------------------------------------------------------

typedef enum orc_symbol_kind {
  ORC_SYMBOL_STRONG,
  ORC_SYMBOL_WEAK,            // weak, or a COMDAT copy
  ORC_SYMBOL_COMMON,          // a tentative definition
  ORC_SYMBOL_UNDEFINED,
  ORC_SYMBOL_UNDEFINED_WEAK,
} orc_symbol_kind;

typedef struct orc_symbol {
  const char *name; // valid as long as the object
  orc_symbol_kind kind;
  bool is_function;
  uint64_t size;    // bytes; 0 if unknown
} orc_symbol;

// Parses a relocatable object. The bytes must outlive the object, and the linker it is added to; `name` is for messages.
char *_Nullable orc_object_parse(const void *bytes, size_t size, const char *name, orc_object *_Nullable *_Nonnull result);
void orc_object_free(orc_object *object);
// Looks through the bytes of an object for thread-local variables in the platform's own layout, which it defines or uses; the
// result is the name of one (empty if it has none), to be freed with orc_string_free. NULL: there are none.
char *_Nullable orc_object_native_tls(const void *bytes, size_t size);
// Every symbol that other objects can see or must provide, in the order of the object file.
size_t orc_object_symbol_count(const orc_object *object);
orc_symbol orc_object_symbol(const orc_object *object, size_t index);
bool orc_object_has_section(const orc_object *object, const char *name);
// What the object will take in memory with GOT, PLT and symbol table: hardly ever more bytes than this.
uint64_t orc_object_memory_bound(const orc_object *object);
// Marks a weak or common definition as given up in favour of another object's.
void orc_object_discard(orc_object *object, size_t index);
// Calls of static functions inside of the object may lead to a later generation's: for objects that are not optimised.
void orc_object_redirect_local_calls(orc_object *object);

// Archives ------------------------------------------------------------------------------------------------------------

// Opens an archive (thin ones too; one without an index gets one here). The bytes must outlive it and everything taken from it.
char *_Nullable orc_archive_open(const void *bytes, size_t size, const char *path,
                                 orc_archive *_Nullable *_Nonnull result);
void orc_archive_free(orc_archive *archive);
// Which member defines which symbol, in the order of the members.
size_t orc_archive_symbol_count(const orc_archive *archive);
const char *orc_archive_symbol_name(const orc_archive *archive, size_t index);
size_t orc_archive_symbol_member(const orc_archive *archive, size_t index);
// A member's name and content; both live as long as the archive.
const char *orc_archive_member_name(const orc_archive *archive, size_t member);
char *_Nullable orc_archive_member_bytes(const orc_archive *archive, size_t member, const void *_Nullable *_Nonnull bytes,
                                         size_t *size);

// Linking -------------------------------------------------------------------------------------------------------------
//
// prepare (dead stripping, GOT and PLT; after it the exact sizes are known) → place (addresses) → resolve (fixups).

// The memory of a generation, one region per protection, in the order in which they should lie in memory.
typedef enum orc_region_kind {
  ORC_REGION_CODE,      // r-x
  ORC_REGION_READ_ONLY, // r--
  ORC_REGION_DATA,      // rw-
  ORC_REGION_ZERO,      // rw-, no content
  ORC_REGION_COUNT
} orc_region_kind;

typedef struct orc_region {
  uint64_t size;      // bytes
  uint64_t alignment; // bytes, a power of two
} orc_region;

// Starts one generation over the objects; they belong to the linker afterwards and must not be freed or used.
// With a program, every function is called through a stub, and what its earlier generations have is used by this one.
orc_linker *orc_linker_create(orc_object *_Nonnull const *_Nonnull objects, size_t count, orc_program *_Nullable program);
void orc_linker_free(orc_linker *linker);
char *_Nullable orc_linker_prepare(orc_linker *linker);
orc_region orc_linker_region(const orc_linker *linker, orc_region_kind kind);
// At most how many symbols orc_linker_symbol will give, entries of the PLT left out, and what their names take in a string table, zero
// bytes included: of all, or of those that are needed beside debug info.
size_t orc_linker_symbol_bound(const orc_linker *linker, bool needed_only, size_t *name_bytes);
char *_Nullable orc_linker_place(orc_linker *linker, const uint64_t *addresses /* ORC_REGION_COUNT of them */);
// Provides the address of every symbol that no object defines and applies all fixups.
char *_Nullable orc_linker_resolve(orc_linker *linker, const char *_Nonnull const *_Nonnull names,
                                   const uint64_t *addresses, size_t count);

// Results, valid after resolve and as long as the linker.

// The content of a region; NULL for an empty one and for ORC_REGION_ZERO.
const uint8_t *_Nullable orc_linker_content(const orc_linker *linker, orc_region_kind kind);

typedef struct orc_placed_symbol {
  const char *name;
  uint64_t address;
  uint64_t size;
  bool is_function;
  bool is_local;
  bool is_described; // a function that needs no symbol beside its debug info
} orc_placed_symbol;

// Sorted by address.
size_t orc_linker_symbol_count(const orc_linker *linker);
orc_placed_symbol orc_linker_symbol(const orc_linker *linker, size_t index);
// The final address of a global symbol of this generation; false if there is none.
bool orc_linker_find(const orc_linker *linker, const char *name, uint64_t *address);

typedef struct orc_section {
  const char *name;
  const uint8_t *_Nullable bytes; // debug sections only
  uint64_t address;               // 0 for debug sections
  uint64_t size;
} orc_section;

// The merged debug sections, and .eh_frame.
size_t orc_linker_debug_section_count(const orc_linker *linker);
orc_section orc_linker_debug_section(const orc_linker *linker, size_t index);
// The merged .eh_frame without a terminator (four zero bytes follow it in memory); size 0 if there is none.
orc_section orc_linker_eh_frame(const orc_linker *linker);
// The PLT entries, at the end of the code; size 0 if there are none.
orc_section orc_linker_stubs(const orc_linker *linker);
// The stubs of functions among them, at the very end; size 0 if there are none.
orc_section orc_linker_redirections(const orc_linker *linker);
// Arrays of function pointers to run before and after the program (.init_array, .ctors and the like), in input order.
size_t orc_linker_array_count(const orc_linker *linker);
orc_section orc_linker_array(const orc_linker *linker, size_t index);

// Replacing functions ---------------------------------------------------------------------------------------------------
//
// A program's functions are replaced by linking their objects again: their stubs stay where they are, and so does what the
// program's variables hold. A stub jumps to where its pointer says, a word of the program's data.

orc_program *orc_program_create(const char *reload_point);
void orc_program_free(orc_program *program);
// The address by which other objects refer to a symbol, a function's being its stub; false if there is none.
bool orc_program_find(const orc_program *program, const char *name, uint64_t *address);

typedef struct orc_reload_point {
  uint64_t handler; // what its pointer is to lead to when a replacement is due; 0 if the program has no such function
  uint64_t control; // two words: the list of (address, value) that the handler takes, and one for the caller's use
  uint64_t pointer;
  uint64_t body;    // where the pointer leads otherwise
  bool is_called;
} orc_reload_point;

orc_reload_point orc_program_reload_point(const orc_program *program);

// Makes this generation part of its program; once, after resolve.
void orc_linker_commit(orc_linker *linker);

typedef struct orc_redirection {
  const char *name;
  const char *object;
  uint64_t pointer; // where its stub finds the address to jump to
  uint64_t body;
  bool is_new;
  bool has_changed; // in more than its line numbers
} orc_redirection;

typedef enum orc_variable_state {
  ORC_VARIABLE_NEW,
  ORC_VARIABLE_KEPT,
  ORC_VARIABLE_KEPT_OTHER_INITIAL, // with another initial value, which has no effect
  ORC_VARIABLE_RESIZED,            // and so begins anew
} orc_variable_state;

typedef struct orc_variable {
  const char *name; // of several that lie in one section, the first one
  const char *object;
  size_t neighbours; // how many others there are
  orc_variable_state state;
} orc_variable;

void orc_linker_visit_functions(const orc_linker *linker, void (*visit)(orc_redirection, void *_Nullable),
                                void *_Nullable context);
void orc_linker_visit_variables(const orc_linker *linker, void (*visit)(orc_variable, void *_Nullable),
                                void *_Nullable context);

// The running LLVM's version, such as "22.1.8".
const char *orc_llvm_version(void);

// What wrote a file of bitcode, such as "LLVM22.1.8"; NULL if that can not be read.
char *_Nullable orc_bitcode_producer(const void *bytes, size_t size);
// The triple that a file of bitcode was made for, empty if it does not say; NULL if that can not be read.
char *_Nullable orc_bitcode_triple(const void *bytes, size_t size);

// The name as the source has it, with parameter types; NULL if it is not mangled.
char *_Nullable orc_demangle(const char *name);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
