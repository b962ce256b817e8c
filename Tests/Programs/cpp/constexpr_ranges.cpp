// C++20: constexpr tables, consteval, string_view, ranges, concepts, three-way comparison, designated initialisers.
#include <algorithm>
#include <array>
#include <compare>
#include <concepts>
#include <cstdio>
#include <numeric>
#include <ranges>
#include <string_view>
#include <vector>

using namespace std::literals;
consteval int cube(int x) { return x * x * x; }
constexpr auto primes = [] {
  std::array<int, 20> found{};
  int n = 0;
  for (int c = 2; n < 20; c++)
    if (std::none_of(found.begin(), found.begin() + n, [c](int p) { return c % p == 0; }))
      found[n++] = c;
  return found;
}();
struct Version { int major = 1, minor = 0; auto operator<=>(const Version &) const = default; };
template <std::integral T> T sum(std::ranges::input_range auto &&range) {
  T total{};
  for (T x : range)
    total += x;
  return total;
}

int main() {
  constexpr std::string_view text = "alpha,beta,,gamma"sv;
  for (auto part : text | std::views::split(','))
    std::printf("[%.*s]", static_cast<int>(part.size()), part.empty() ? "" : &*part.begin());
  std::puts("");
  auto picked = primes | std::views::filter([](int p) { return p % 4 == 1; }) | std::views::transform([](int p) { return p * p; })
    | std::views::take(4);
  std::printf("%d %d\n", sum<int>(picked), cube(7));
  std::vector<Version> versions{{2, 1}, {.minor = 9}, {2, 0}};
  std::ranges::sort(versions, std::greater{});
  std::printf("%d.%d %d\n", versions[0].major, versions[0].minor, versions[1] > versions[2]);
  std::printf("%zu %d\n", text.find("gamma"), text.starts_with("alp"));
  return primes[19];
}
