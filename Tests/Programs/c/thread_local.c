// thread_local variables: initialised and zeroed ones, addresses of their own per thread, large ones.
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static _Thread_local int counter = 100;
_Thread_local char name[32] = "unnamed";
static _Thread_local long big[4096];
static _Thread_local struct { int x, *self; } zeroed;

static void bump(const char *who) {
  counter++;
  big[4095] += counter;
  zeroed.x += 2;
  if (!zeroed.self)
    zeroed.self = &zeroed.x;
  strcpy(name, who);
}

static void *work(void *argument) {
  for (int i = 0; i < 3; i++)
    bump(argument);
  static char lines[2][64];
  char *line = lines[*(char *)argument == 'b'];
  snprintf(line, 64, "%s %d %ld %d %d", name, counter, big[4095], zeroed.x, zeroed.self == &zeroed.x);
  return line;
}

int main(void) {
  bump("main");
  for (const char *who = "ab"; *who; who++) {
    char text[2] = {*who, 0};
    pthread_t thread;
    void *line;
    pthread_create(&thread, NULL, work, text);
    pthread_join(thread, &line);
    puts(line);
  }
  printf("%s %d %ld %d\n", name, counter, big[4095], zeroed.x);
  return 0;
}
