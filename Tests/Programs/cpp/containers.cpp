// The containers and strings that programs use most, with their templates instantiated here and inside libstdc++.
#include <algorithm>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

int main() {
  std::map<std::string, std::vector<int>> index;
  const char *text[] = {"one", "fish", "two", "fish", "red", "fish", "a word long enough for the heap, twice over"};
  for (int i = 0; i < 7; i++)
    index[text[i]].push_back(i);
  for (const auto &[word, places] : index)
    std::printf("%s:%zu@%d ", word.c_str(), places.size(), places.back());
  std::string joined = std::to_string(3.25) + ' ' + std::string(5, 'x');
  std::reverse(joined.begin(), joined.end());
  std::printf("\n%s %zu\n", joined.c_str(), joined.find("000"));
  std::unordered_map<int, std::string> hashed;
  for (int i = 0; i < 1000; i++)
    hashed.emplace(i, std::to_string(i * i));
  std::multiset<int> sorted{5, 1, 4, 1, 3};
  std::deque<int> deque(sorted.begin(), sorted.end());
  deque.push_front(-1);
  std::sort(deque.begin(), deque.end(), std::greater<>());
  std::printf("%s %zu %d %d\n", hashed.at(999).c_str(), sorted.count(1), deque.front(), deque.back());
  std::variant<int, std::string, double> v = "variant";
  std::optional<std::tuple<int, char>> o{{7, 'o'}};
  auto shared = std::make_shared<std::string>("shared");
  std::weak_ptr<std::string> weak = shared;
  std::visit([](const auto &x) { std::printf("%zu bytes\n", sizeof x); }, v);
  std::printf("%s %c %ld %d\n", std::get<std::string>(v).c_str(), std::get<1>(*o), weak.use_count(), weak.expired());
  return std::get<0>(*o);
}
