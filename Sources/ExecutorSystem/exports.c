// Functions that JITed code expects in its process but glibc only keeps in libc_nonshared.a, where dlsym cannot see
// them.
#ifdef JITDEBUG_EXECUTOR_EXPORTS

#include "EmulatedTLS.h"

extern void *__dso_handle;
int __cxa_atexit(void (*)(void *), void *, void *);
int __cxa_at_quick_exit(void (*)(void *), void *);
int __register_atfork(void (*)(void), void (*)(void), void (*)(void), void *);

#define EXPORT __attribute__((used, visibility("default")))

EXPORT int atexit(void (*function)(void)) {
  return __cxa_atexit((void (*)(void *))function, 0, &__dso_handle);
}

EXPORT int at_quick_exit(void (*function)(void)) {
  return __cxa_at_quick_exit((void (*)(void *))function, &__dso_handle);
}

EXPORT int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void)) {
  return __register_atfork(prepare, parent, child, &__dso_handle);
}

EXPORT void *__emutls_get_address(struct emulated_tls_control *control) { return emulated_tls_address(control); }

#endif
