// The `.eh_frame` sections of linked code, each either known to the process's unwinder or waiting for one to come.
#include "Frames.h"
#include "Libraries.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct section {
  struct section *next;
  uint64_t start, end;
  bool is_registered;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct section *first;

bool frames_are_terminated(uint64_t position, uint64_t end) {
  while (end - position >= 4) {
    uint32_t short_size;
    memcpy(&short_size, (const void *)(uintptr_t)position, 4);
    if (!short_size) return true;
    position += 4;
    uint64_t size = short_size;
    if (short_size == UINT32_MAX) {
      if (end - position < 8) return false;
      memcpy(&size, (const void *)(uintptr_t)position, 8);
      position += 8;
    }
    if (size > end - position) return false;
    position += size;
  }
  return false;
}

int frames_register(uint64_t start, uint64_t end) {
  // libgcc takes only the start, and reads on until it finds the terminator.
  if (!frames_are_terminated(start, end)) return EINVAL;
  struct section *section = malloc(sizeof *section);
  if (!section) return ENOMEM;
  pthread_mutex_lock(&lock);
  *section = (struct section){first, start, end, unwinder_register(start, true)};
  first = section;
  pthread_mutex_unlock(&lock);
  return 0;
}

int frames_deregister(uint64_t start, uint64_t end) {
  int error = ENOENT;
  pthread_mutex_lock(&lock);
  for (struct section **link = &first; *link; link = &(*link)->next) {
    struct section *section = *link;
    if (section->start != start || section->end != end) continue;
    *link = section->next;
    // libgcc aborts when it does not know the section.
    if (section->is_registered) unwinder_deregister(start);
    free(section);
    error = 0;
    break;
  }
  pthread_mutex_unlock(&lock);
  return error;
}

void frames_library_was_opened(void) {
  pthread_mutex_lock(&lock);
  for (struct section *section = first; section; section = section->next)
    if (!section->is_registered) section->is_registered = unwinder_register(section->start, false);
  pthread_mutex_unlock(&lock);
}
