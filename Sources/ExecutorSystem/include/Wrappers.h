// The C side of LLVM's wrapper functions: `CWrapperFunctionBuffer f(const char *data, size_t size)`.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// LLVM's CWrapperFunctionBuffer: up to 8 bytes lie in `inlined`, more at `pointer`, which the receiver frees. A size
/// of 0 with a pointer is an out-of-band error: a C string to free.
typedef struct {
  union {
    char *_Nullable pointer;
    char inlined[sizeof(char *)];
  } data;
  size_t size;
} wrapper_buffer;


/// A copy of `bytes`.
wrapper_buffer wrapper_buffer_copy(const uint8_t *_Nullable bytes, size_t size);
/// An out-of-band error with a copy of the text.
wrapper_buffer wrapper_buffer_error(const char *text);
/// The contents, also of an empty buffer.
const uint8_t *wrapper_buffer_bytes(const wrapper_buffer *buffer);
/// The text of an out-of-band error; null if the buffer is none.
const char *_Nullable wrapper_buffer_error_text(const wrapper_buffer *buffer);
void wrapper_buffer_free(wrapper_buffer *buffer);

/// Calls the wrapper function at an address.
wrapper_buffer wrapper_call(uint64_t function, const uint8_t *_Nullable data, size_t size);

/// The executor's own wrapper functions are numbered; each number has an address that anybody may call.
enum { WRAPPER_COUNT = 40 };
uint64_t wrapper_address(uint32_t number);
/// The number of the wrapper at an address, or -1 if it is not one of the executor's.
int32_t wrapper_number(uint64_t address);

/// Room for a name.
struct wrapper_name {
  char text[64];
};
/// The name under which controllers know the numbered wrapper, or another symbol that the executor offers.
const char *wrapper_name(uint32_t number, struct wrapper_name *buffer);

/// The symbols that the executor offers: the wrappers, and what LLVM's controllers ask for besides.
uint32_t offered_symbol_count(void);
uint64_t offered_symbol_address(uint32_t number);

/// What the numbered wrappers do, and what the dispatch function does for code that calls back to the controller.
void wrapper_set_handlers(
    wrapper_buffer (*call)(uint32_t number, const uint8_t *_Nullable data, size_t size),
    wrapper_buffer (*dispatch)(uint64_t tag, const uint8_t *_Nullable data, size_t size));

/// The address of ORC's `jit_dispatch`, and of the context it wants as its first argument.
uint64_t wrapper_dispatch_function(void);
uint64_t wrapper_dispatch_context(void);

// Calls into JITed code.
int64_t call_main(uint64_t function, int argc, char *_Nullable *_Nonnull argv, char *_Nullable *_Nonnull envp);
int32_t call_void(uint64_t function);
int32_t call_int(uint64_t function, int32_t argument);
/// Calls each function pointer of the array [start, end), in order or in reverse, skipping 0 and -1 as a libc start-up
/// does.
void call_array(
    uint64_t start, uint64_t end, bool reverse, int argc, char *_Nullable *_Nullable argv,
    char *_Nullable *_Nullable envp);

#pragma clang assume_nonnull end
