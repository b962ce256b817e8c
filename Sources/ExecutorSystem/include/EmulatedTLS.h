// Thread-local variables of code compiled with -femulated-tls.
#pragma once

#include <stddef.h>

#pragma clang assume_nonnull begin

/// What the compiler emits for each emulated thread-local variable (`__emutls_v.NAME`).
struct emulated_tls_control {
  size_t size;
  size_t alignment;
  /// 0 until first use, then the variable's number plus one.
  size_t index;
  /// The initial value; null means zeros.
  const void *_Nullable value;
};

/// The address of the calling thread's copy. The executor exports this as `__emutls_get_address`.
void *emulated_tls_address(struct emulated_tls_control *control);

/// Stands in for the emulated form of a thread-local variable that some loaded library defines; null if none does.
struct emulated_tls_control *_Nullable emulated_tls_native(const char *name);

#pragma clang assume_nonnull end
