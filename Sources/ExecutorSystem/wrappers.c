// Gives the executor's functions addresses with the wrapper functions' calling convention, and calls foreign ones.
#include "Wrappers.h"

#include <stdlib.h>
#include <string.h>

// Not static, for assembly refers to it.
__attribute__((visibility("hidden"))) wrapper_buffer (*wrapper_call_handler)(uint32_t, const uint8_t *, size_t);
static wrapper_buffer (*dispatch_handler)(uint64_t, const uint8_t *, size_t);

void wrapper_set_handlers(
    wrapper_buffer (*call)(uint32_t, const uint8_t *, size_t),
    wrapper_buffer (*dispatch)(uint64_t, const uint8_t *, size_t)) {
  wrapper_call_handler = call;
  dispatch_handler = dispatch;
}

typedef wrapper_buffer (*wrapper_function)(const char *, size_t);

#if defined(__x86_64__)
// The wrappers follow each other at distances of eight bytes, which saves a table of their addresses with its
// relocations. Each leaves its number to the code behind them, which calls the handler with the number in front of the
// arguments.
__asm__(
    ".pushsection .text.wrapper_functions,\"ax\",@progbits\n"
    ".type wrapper_functions,@function\n"
    ".p2align 3\n"
    "wrapper_functions:\n"
    ".set wrapper_index, 0\n"
    ".rept 40\n"
    ".p2align 3\n"
    "pushq $wrapper_index\n"
    "jmp 1f\n"
    ".set wrapper_index, wrapper_index + 1\n"
    ".endr\n"
    "1: movq %rsi, %rdx\n"
    "movq %rdi, %rsi\n"
    "popq %rdi\n"
    "jmpq *wrapper_call_handler(%rip)\n"
    ".size wrapper_functions, .-wrapper_functions\n"
    ".popsection\n");
extern const char wrapper_functions[] __attribute__((visibility("hidden")));
_Static_assert(WRAPPER_COUNT == 40, "as many wrappers as promised");

static uintptr_t address_of(uint32_t number) { return (uintptr_t)wrapper_functions + 8 * number; }
#else
#define WRAPPER(n) \
  static wrapper_buffer wrapper_##n(const char *data, size_t size) { \
    return wrapper_call_handler(n, (const uint8_t *)data, size); \
  }
#define EIGHT(F, tens) F(tens##0) F(tens##1) F(tens##2) F(tens##3) F(tens##4) F(tens##5) F(tens##6) F(tens##7)
// Octal numbers, so that eight of them follow each other.
#define ALL(F) EIGHT(F, 00) EIGHT(F, 01) EIGHT(F, 02) EIGHT(F, 03) EIGHT(F, 04)
ALL(WRAPPER)

#define ENTRY(n) wrapper_##n,
static const wrapper_function wrappers[] = {ALL(ENTRY)};
_Static_assert(sizeof wrappers / sizeof *wrappers == WRAPPER_COUNT, "as many wrappers as promised");

static uintptr_t address_of(uint32_t number) { return (uintptr_t)wrappers[number]; }
#endif

uint64_t wrapper_address(uint32_t number) { return number < WRAPPER_COUNT ? address_of(number) : 0; }

int32_t wrapper_number(uint64_t address) {
  for (uint32_t i = 0; i < WRAPPER_COUNT; i++)
    if (address_of(i) == address) return i;
  return -1;
}

static char dispatch_context;

static wrapper_buffer dispatch(void *context, const void *tag, const char *data, size_t size) {
  if (context != &dispatch_context) return wrapper_buffer_error("jit_dispatch called with an unknown context");
  return dispatch_handler((uintptr_t)tag, (const uint8_t *)data, size);
}

uint64_t wrapper_dispatch_function(void) { return (uintptr_t)dispatch; }
uint64_t wrapper_dispatch_context(void) { return (uintptr_t)&dispatch_context; }

static wrapper_buffer allocate(size_t size) {
  wrapper_buffer buffer = {.size = size};
  if (size > sizeof buffer.data.inlined) {
    buffer.data.pointer = malloc(size);
    if (!buffer.data.pointer) abort();
  }
  return buffer;
}

static char *contents(wrapper_buffer *buffer) {
  return buffer->size > sizeof buffer->data.inlined ? buffer->data.pointer : buffer->data.inlined;
}

wrapper_buffer wrapper_buffer_copy(const uint8_t *bytes, size_t size) {
  wrapper_buffer buffer = allocate(size);
  if (size) memcpy(contents(&buffer), bytes, size);
  return buffer;
}

wrapper_buffer wrapper_buffer_error(const char *text) {
  wrapper_buffer buffer = {.size = 0};
  buffer.data.pointer = strdup(text);
  if (!buffer.data.pointer) abort();
  return buffer;
}

const uint8_t *wrapper_buffer_bytes(const wrapper_buffer *buffer) {
  return (const uint8_t *)contents((wrapper_buffer *)buffer);
}

const char *wrapper_buffer_error_text(const wrapper_buffer *buffer) { return buffer->size ? 0 : buffer->data.pointer; }

void wrapper_buffer_free(wrapper_buffer *buffer) {
  if (buffer->size > sizeof buffer->data.inlined || (buffer->size == 0 && buffer->data.pointer))
    free(buffer->data.pointer);
  *buffer = (wrapper_buffer){.size = 0};
}

wrapper_buffer wrapper_call(uint64_t function, const uint8_t *data, size_t size) {
  return ((wrapper_function)(uintptr_t)function)((const char *)data, size);
}

int32_t call_void(uint64_t function) { return ((int32_t (*)(void))(uintptr_t)function)(); }

int32_t call_int(uint64_t function, int32_t argument) { return ((int32_t (*)(int32_t))(uintptr_t)function)(argument); }

void call_array(uint64_t start, uint64_t end, bool reverse, int argc, char **argv, char **envp) {
  typedef void (*function)(int, char **, char **);
  const function *functions = (const function *)(uintptr_t)start;
  size_t count = (end - start) / sizeof(function);
  for (size_t i = 0; i < count; i++) {
    function f = functions[reverse ? count - 1 - i : i];
    if (f && (uintptr_t)f != UINTPTR_MAX) f(argc, argv, envp);
  }
}
