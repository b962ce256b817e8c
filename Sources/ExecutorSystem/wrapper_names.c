// The names under which controllers find the executor's functions, in the order of the executor's `Builtin`.
#include "Wrappers.h"

#include <stdio.h>

// What names have in common is written once; the letter says what goes around the rest.
static const char around[][2][40] = {
    {"__llvm_orc_SimpleExecutorMemoryManager_", "_wrapper"},
    {"__llvm_orc_SimpleExecutorDylibManager_", "_wrapper"},
    {"__llvm_orc_bootstrap_", "_wrapper"},
    {"llvm_orc_", "AllocAction"},
    {"jitdebug_", "_wrapper"},
    {"", ""},
};

static const char rests[] =
    "Areserve\0Ainitialize\0Adeinitialize\0Arelease\0Bopen\0Bresolve\0"
    "Cmem_write_uint8s\0Cmem_write_uint16s\0Cmem_write_uint32s\0Cmem_write_uint64s\0Cmem_write_pointers\0"
    "Cmem_write_buffers\0"
    "Cmem_read_uint8s\0Cmem_read_uint16s\0Cmem_read_uint32s\0Cmem_read_uint64s\0Cmem_read_pointers\0"
    "Cmem_read_buffers\0Cmem_read_strings\0"
    "DregisterEHFrame\0DderegisterEHFrame\0"
    // The names of LLVM before 22.
    "DregisterEHFrameSection\0DderegisterEHFrameSection\0"
    "DregisterJITLoaderGDB\0Fjitdebug_unregister_debug_object\0"
    "Crun_as_main\0Crun_as_void_function\0Crun_as_int_function\0"
    "Econfigure\0Estdin_write\0Erun_program\0Eresume\0Esignal\0Eread_file\0Ebecome_program\0Erestart\0Erelay\0"
    // What is no wrapper follows: the functions of LLVM's executor are methods of the instances; ours need no object,
    // so any address will do.
    "F__llvm_orc_SimpleRemoteEPC_dispatch_fn\0F__llvm_orc_SimpleRemoteEPC_dispatch_ctx\0"
    "F__llvm_orc_SimpleExecutorMemoryManager_Instance\0F__llvm_orc_SimpleExecutorDylibManager_Instance\0";

enum { OTHERS = 4 };

const char *wrapper_name(uint32_t number, struct wrapper_name *buffer) {
  const char *rest = rests;
  while (number--)
    while (*rest++) continue;
  const char(*parts)[40] = around[*rest - 'A'];
  snprintf(buffer->text, sizeof buffer->text, "%s%s%s", parts[0], rest + 1, parts[1]);
  return buffer->text;
}

uint32_t offered_symbol_count(void) {
  uint32_t count = 0;
  for (const char *rest = rests; rest < rests + sizeof rests - 1; rest++) count += !*rest;
  return count;
}

uint64_t offered_symbol_address(uint32_t number) {
  int32_t other = number - (offered_symbol_count() - OTHERS);
  return other < 0 ? wrapper_address(number) : other ? wrapper_dispatch_context() : wrapper_dispatch_function();
}
