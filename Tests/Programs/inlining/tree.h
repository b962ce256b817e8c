// Templates and inline functions that -O2 inlines differently into each file that includes them.
#pragma once
#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace inlining {

template <typename Key, typename Value, typename Less = std::less<Key>> class Tree {
  struct Node {
    Key key;
    Value value;
    std::unique_ptr<Node> left, right;
  };
  std::unique_ptr<Node> root;
  std::size_t count = 0;
  Less less{};

  std::unique_ptr<Node> &slot(const Key &key) {
    auto *place = &root;
    while (*place) {
      if (less(key, (*place)->key))
        place = &(*place)->left;
      else if (less((*place)->key, key))
        place = &(*place)->right;
      else
        break;
    }
    return *place;
  }

  template <typename F> static void visit(const Node *node, F &&f) {
    if (!node)
      return;
    visit(node->left.get(), f);
    f(node->key, node->value);
    visit(node->right.get(), f);
  }

public:
  Value &operator[](const Key &key) {
    auto &place = slot(key);
    if (!place) {
      place = std::make_unique<Node>(Node{key, Value{}, nullptr, nullptr});
      count++;
    }
    return place->value;
  }
  std::size_t size() const { return count; }
  template <typename F> void each(F &&f) const { visit(root.get(), std::forward<F>(f)); }
};

template <int N> struct Power {
  static constexpr long of(long x) { return x * Power<N - 1>::of(x); }
};
template <> struct Power<0> {
  static constexpr long of(long) { return 1; }
};

inline int clamp(int value, int low, int high) { return std::min(std::max(value, low), high); }

template <typename T> inline T total(const std::vector<T> &values) {
  T sum{};
  for (const T &value : values)
    sum += clamp(static_cast<int>(value), 0, 100);
  return sum;
}

long count_words(const std::string &text);
long sum_numbers(const std::vector<int> &numbers);

}  // namespace inlining
