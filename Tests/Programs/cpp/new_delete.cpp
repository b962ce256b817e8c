// Replaced global operator new and delete must serve the JITed code itself; placement, aligned and nothrow forms.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>

static int news, deletes;
void operator delete(void *p) noexcept;
void *operator new(std::size_t size) {
  news++;
  if (void *p = std::malloc(size))
    return p;
  throw std::bad_alloc();
}
// The array forms too: those of libstdc++ call its own single form when this program is not the executable.
void *operator new[](std::size_t size) { return operator new(size); }
void operator delete[](void *p) noexcept { operator delete(p); }
void operator delete[](void *p, std::size_t) noexcept { operator delete(p); }
void operator delete(void *p) noexcept { deletes++; std::free(p); }
void operator delete(void *p, std::size_t) noexcept { deletes++; std::free(p); }

struct alignas(64) Wide { double v[8]; };
struct Item { int x; ~Item() { x = 0; } };

int main() {
  auto one = new Item{4};
  Item *volatile many = new Item[10]();
  auto shared = std::make_shared<Item>(Item{6});
  std::printf("%d %d %d new\n", one->x, shared->x, news);
  delete one;
  delete[] many;
  shared.reset();
  std::printf("%d deleted\n", deletes);
  auto wide = new Wide[2];
  std::printf("aligned %d\n", reinterpret_cast<std::size_t>(wide) % 64 == 0);
  delete[] wide;
  alignas(Item) unsigned char place[sizeof(Item)];
  Item *placed = new (place) Item{8};
  std::printf("%d\n", placed->x);
  placed->~Item();
  volatile std::size_t huge = std::size_t(1) << 62;
  try {
    ::operator delete(::operator new(huge));
  } catch (const std::bad_alloc &e) {
    std::puts(e.what());
  }
  return 0;
}
