// Per-thread arrays of variables, allocated at first use and freed when their thread ends.
#define _GNU_SOURCE
#include "EmulatedTLS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct thread_variables {
  size_t count;
  /// How many more rounds of destructors to survive, see `thread_ends`.
  size_t rounds_left;
  void *variables[];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static size_t last_index;

static void thread_ends(void *data) {
  struct thread_variables *all = data;
  // Destructors of other keys, C++ thread_local ones among them, may still use the variables: be the last to go.
  if (all->rounds_left) {
    all->rounds_left--;
    pthread_setspecific(key, all);
    return;
  }
  for (size_t i = 0; i < all->count; i++) free(all->variables[i]);
  free(all);
}

static void create_key(void) {
  if (pthread_key_create(&key, thread_ends)) abort();
}

static struct thread_variables *grow(struct thread_variables *all, size_t index) {
  size_t old = all ? all->count : 0;
  if (index <= old) return all;
  size_t count = (index + 15) & ~(size_t)15;
  struct thread_variables *larger = realloc(all, sizeof *all + count * sizeof(void *));
  if (!larger) abort();
  if (!all) larger->rounds_left = 3;
  memset(larger->variables + old, 0, (count - old) * sizeof(void *));
  larger->count = count;
  pthread_setspecific(key, larger);
  return larger;
}

static void *create_variable(const struct emulated_tls_control *control) {
  size_t alignment = control->alignment < sizeof(void *) ? sizeof(void *) : control->alignment;
  void *variable;
  if (posix_memalign(&variable, alignment, control->size ? control->size : 1)) abort();
  if (control->value) memcpy(variable, control->value, control->size);
  else memset(variable, 0, control->size);
  return variable;
}

// An alignment of 0, which no compiler writes, marks a variable that a library keeps in the platform's own layout, such
// as libstdc++'s `std::__once_call`. The loader finds each thread's instance by name.
struct emulated_tls_control *emulated_tls_native(const char *name) {
  if (!dlsym(RTLD_DEFAULT, name)) return NULL;
  struct emulated_tls_control *control = calloc(1, sizeof *control);
  char *copy = strdup(name);
  if (!control || !copy) abort();
  control->value = copy;
  return control;
}

void *emulated_tls_address(struct emulated_tls_control *control) {
  if (!control->alignment) return dlsym(RTLD_DEFAULT, control->value);
  pthread_once(&once, create_key);
  size_t index = __atomic_load_n(&control->index, __ATOMIC_ACQUIRE);
  if (!index) {
    pthread_mutex_lock(&lock);
    index = control->index;
    if (!index) {
      index = ++last_index;
      __atomic_store_n(&control->index, index, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&lock);
  }
  struct thread_variables *all = grow(pthread_getspecific(key), index);
  void **variable = &all->variables[index - 1];
  if (!*variable) *variable = create_variable(control);
  return *variable;
}
