// Shared libraries by way of the dynamic loader.
#define _GNU_SOURCE
#include "Libraries.h"
#include "EmulatedTLS.h"

#include <dlfcn.h>
#include <string.h>

uint64_t library_open(const char *path, const char **error) {
  void *handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (!handle) *error = dlerror();
  return (uintptr_t)handle;
}

uint64_t library_symbol(uint64_t handle, const char *name) {
  void *address = dlsym((void *)(uintptr_t)handle, name);
  // What code compiled for emulated TLS calls another library's thread-local variable.
  static const char prefix[] = "__emutls_v.";
  if (!address && !strncmp(name, prefix, sizeof prefix - 1)) address = emulated_tls_native(name + sizeof prefix - 1);
  return (uintptr_t)address;
}

typedef void (*frame_function)(const void *);

// Looked up by name at run time: linking to an unwinder would make every session load it.
static frame_function find(const char *name) { return (frame_function)dlsym(RTLD_DEFAULT, name); }

bool unwinder_register(uint64_t section, bool may_load) {
  frame_function function = find("__register_frame");
  if (!function && may_load && dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_GLOBAL)) function = find("__register_frame");
  if (!function) return false;
  function((const void *)(uintptr_t)section);
  return true;
}

bool unwinder_deregister(uint64_t section) {
  frame_function function = find("__deregister_frame");
  if (!function) return false;
  function((const void *)(uintptr_t)section);
  return true;
}
