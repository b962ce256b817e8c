// Wants more memory than it may have.
#include <sys/resource.h>
#include <vector>
static std::vector<char *> blocks;
static void hoard() {
  for (;;) blocks.push_back(new char[16 << 20]()); // @crash
}
int main() {
  rlimit limit = {2048l << 20, 2048l << 20};
  setrlimit(RLIMIT_AS, &limit);
  hoard();
}
