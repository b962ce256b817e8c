// iostreams: cout, cerr and cin set up before our statics, formatting, stringstream, a stream buffer of our own.
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>

struct Early { Early() { std::cout << "before main\n"; } ~Early() { std::cout << "after main\n"; } } early;

struct Shout : std::stringbuf {
  int sync() override {
    for (char c : str())
      std::cout.put(static_cast<char>(std::toupper(c)));
    str("");
    return 0;
  }
};

int main() {
  std::string word;
  int number, sum = 0;
  while (std::cin >> word >> number)
    sum += number;
  std::cout << std::setw(8) << std::setfill('.') << sum << '|' << std::hex << std::showbase << 255 << std::dec << '|'
            << std::fixed << std::setprecision(3) << 2.0 / 3 << std::defaultfloat << '|' << std::boolalpha << true << '\n';
  std::stringstream stream("12 abc 3.5");
  int i;
  double d;
  stream >> i >> word >> d;
  std::cout << i << word << d << std::endl;
  Shout shout;
  std::ostream out(&shout);
  out << "shouted " << 5 << '\n' << std::flush;
  std::cerr << "to cerr " << sum << '\n';
  std::clog << "to clog" << std::endl;
  return std::cin.eof() ? 0 : 1;
}
