// std::filesystem, chrono and random from libstdc++: out-of-line library code with its own exceptions and types.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <unistd.h>

namespace fs = std::filesystem;

int main() {
  fs::path folder = fs::temp_directory_path() / ("jitdebug-program-" + std::to_string(::getpid()));
  fs::create_directories(folder / "a" / "b");
  std::ofstream(folder / "a" / "file.txt") << "twelve bytes";
  std::printf("%ju\n", static_cast<std::uintmax_t>(fs::file_size(folder / "a" / "file.txt")));
  int entries = 0;
  for (auto &entry : fs::recursive_directory_iterator(folder))
    entries += entry.exists();
  try {
    (void)fs::file_size(folder / "missing");
  } catch (const fs::filesystem_error &e) {
    std::printf("%d %s\n", e.code().value(), e.path1().filename().c_str());
  }
  std::printf("%d entries, %ju removed\n", entries, static_cast<std::uintmax_t>(fs::remove_all(folder)));
  std::mt19937 engine(5489);
  engine.discard(9999);
  std::printf("%lu\n", static_cast<unsigned long>(engine()));
  using namespace std::chrono;
  auto day = sys_days{2024y / February / 28} + days{2};
  year_month_day date{day};
  std::printf("%d-%u-%u %lld\n", int(date.year()), unsigned(date.month()), unsigned(date.day()),
              static_cast<long long>(duration_cast<minutes>(36h + 5min).count()));
  return 0;
}
