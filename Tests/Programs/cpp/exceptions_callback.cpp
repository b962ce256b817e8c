// An exception thrown in a callback of libc's qsort passes through libc's frames into the JITed caller.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <vector>

struct TooMany { int calls; };
static int calls;

static int compare(const void *a, const void *b) {
  if (++calls == 4)
    throw TooMany{calls};
  return *static_cast<const int *>(a) - *static_cast<const int *>(b);
}

int main() {
  int values[] = {9, 2, 7, 4, 8, 1, 6};
  try {
    std::qsort(values, std::size(values), sizeof(int), compare);
    std::puts("sorted?");
  } catch (const TooMany &e) {
    std::printf("stopped after %d calls\n", e.calls);
  }
  std::vector<int> v(values, values + 3);
  try {
    std::for_each(v.begin(), v.end(), [](int x) { if (x == 7) throw x; });
  } catch (int x) {
    std::printf("lambda threw %d\n", x);
  }
  return calls;
}
