// Functions that JITed code expects in its process and dlsym does not see: glibc keeps some in libc_nonshared.a.
#ifdef JITDEBUG_EXECUTOR_EXPORTS

#include <stdlib.h>

#include "EmulatedTLS.h"

#define EXPORT __attribute__((used, visibility("default")))

#ifdef __GLIBC__
// For the program itself, which no dlclose ends.
int __cxa_atexit(void (*)(void *), void *, void *);
int __cxa_at_quick_exit(void (*)(void *), void *);
int __register_atfork(void (*)(void), void (*)(void), void (*)(void), void *);

EXPORT int atexit(void (*function)(void)) {
  return __cxa_atexit((void (*)(void *))function, 0, 0);
}

EXPORT int at_quick_exit(void (*function)(void)) {
  return __cxa_at_quick_exit((void (*)(void *))function, 0);
}

EXPORT int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void)) {
  return __register_atfork(prepare, parent, child, 0);
}
#endif

EXPORT void *__emutls_get_address(struct emulated_tls_control *control) { return emulated_tls_address(control); }

#endif
