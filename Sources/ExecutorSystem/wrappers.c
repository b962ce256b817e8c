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

// The wrappers follow each other at distances of eight bytes, which saves a table of their addresses with its
// relocations. Each leaves its number to the code behind them, which calls the handler with the number in front of the
// arguments.
#if defined(__x86_64__)
#define ONE_WRAPPER "pushq $wrapper_index\n jmp 1f\n"
#define ALL_WRAPPERS "movq %rsi, %rdx\n movq %rdi, %rsi\n popq %rdi\n jmpq *wrapper_call_handler(%rip)\n"
#elif defined(__aarch64__)
#define ONE_WRAPPER "mov w9, #wrapper_index\n b 1f\n"
#define ALL_WRAPPERS \
  "mov x2, x1\n mov x1, x0\n mov w0, w9\n" \
  "adrp x9, wrapper_call_handler\n ldr x9, [x9, :lo12:wrapper_call_handler]\n br x9\n"
#elif defined(__riscv)
#define ONE_WRAPPER ".option push\n .option norvc\n .option norelax\n li t0, wrapper_index\n j 1f\n .option pop\n"
#define ALL_WRAPPERS "mv a2, a1\n mv a1, a0\n mv a0, t0\n lla t1, wrapper_call_handler\n ld t1, 0(t1)\n jr t1\n"
#else
#error "the wrapper functions have not been ported to this architecture"
#endif
__asm__(
    ".pushsection .text.wrapper_functions,\"ax\",%progbits\n"
    ".type wrapper_functions,%function\n"
    ".p2align 3\n"
    "wrapper_functions:\n"
    ".set wrapper_index, 0\n"
    ".rept 40\n"
    ".p2align 3\n"
    ONE_WRAPPER
    ".set wrapper_index, wrapper_index + 1\n"
    ".endr\n"
    "1: " ALL_WRAPPERS
    ".size wrapper_functions, .-wrapper_functions\n"
    ".popsection\n");
extern const char wrapper_functions[] __attribute__((visibility("hidden")));
_Static_assert(WRAPPER_COUNT == 40, "as many wrappers as promised");

uint64_t wrapper_address(uint32_t number) {
  return number < WRAPPER_COUNT ? (uintptr_t)wrapper_functions + 8 * number : 0;
}

int32_t wrapper_number(uint64_t address) {
  uint64_t distance = address - (uintptr_t)wrapper_functions;
  return distance < 8 * WRAPPER_COUNT && distance % 8 == 0 ? (int32_t)(distance / 8) : -1;
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
