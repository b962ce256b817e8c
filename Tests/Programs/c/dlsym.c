// The dynamic loader from JITed code: libc through RTLD_DEFAULT, a library opened by name, and an error message.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  size_t (*length)(const char *) = (size_t (*)(const char *))dlsym(RTLD_DEFAULT, "strlen");
  printf("%zu %d\n", length("twelve chars"), length == strlen || length("x") == 1);
  void *math = dlopen("libm.so.6", RTLD_NOW);
  double (*cube_root)(double) = (double (*)(double))dlsym(math, "cbrt");
  printf("%g\n", cube_root(27));
  dlclose(math);
  printf("%s\n", dlsym(RTLD_DEFAULT, "no_such_symbol_anywhere") ? "found" : "not found");
  printf("%s\n", dlerror() ? "message" : "no message");
  printf("%s\n", dlopen("libnosuch.so.1", RTLD_NOW) ? "opened" : dlerror());
  Dl_info info;
  printf("%d %s\n", dladdr((void *)puts, &info) != 0, strrchr(info.dli_fname, '/') + 1);
  return 0;
}
