// std::regex: deep template code with locale facets, many sections and many COMDAT groups in one object.
#include <cstdio>
#include <regex>
#include <string>

int main() {
  std::string log = "2024-05-01 error 17: disk; 2024-06-30 warning 4: heat; 2025-01-02 error 8: fan";
  std::regex entry(R"((\d{4})-(\d\d)-\d\d (error|warning) (\d+): (\w+))");
  for (std::sregex_iterator i(log.begin(), log.end(), entry), end; i != end; ++i)
    std::printf("%s/%s %s %s\n", (*i)[1].str().c_str(), (*i)[2].str().c_str(), (*i)[3].str().c_str(), (*i)[5].str().c_str());
  std::puts(std::regex_replace(log, std::regex("error (\\d+)"), "E$1").c_str());
  try {
    std::regex broken("(unclosed");
  } catch (const std::regex_error &e) {
    std::printf("error %d\n", e.code() == std::regex_constants::error_paren);
  }
  return std::regex_match("abcabc", std::regex("(abc)+"));
}
