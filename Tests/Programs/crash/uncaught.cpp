// An exception that nobody catches.
#include <stdexcept>
#include <string>
static int parse(const std::string &text) {
  throw std::out_of_range("no number in '" + text + "'"); // @crash
}
int main(int argc, char **) { return parse("word " + std::to_string(argc)); }
