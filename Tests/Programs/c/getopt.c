// libc's own variables used from JITed code: optarg, optind, opterr; long options; messages on standard error.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  int verbose = 0, level = -1, c;
  const char *output = "none";
  static const struct option options[] = {
      {"verbose", no_argument, NULL, 'v'}, {"output", required_argument, NULL, 'o'},
      {"level", optional_argument, NULL, 'l'}, {NULL, 0, NULL, 0}};
  opterr = 0;
  while ((c = getopt_long(argc, argv, "vo:l::", options, NULL)) != -1)
    switch (c) {
    case 'v': verbose++; break;
    case 'o': output = optarg; break;
    case 'l': level = optarg ? atoi(optarg) : 0; break;
    default: fprintf(stderr, "bad option %c\n", optopt ? optopt : '-'); break;
    }
  printf("verbose %d output %s level %d\n", verbose, output, level);
  for (int i = optind; i < argc; i++)
    printf("rest %s\n", argv[i]);
  return argc - optind;
}
