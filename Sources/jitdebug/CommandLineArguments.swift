// Joined short options and the program's own arguments: what clang's users type and the argument parser does not know.

import ArgumentParser

/// Arguments behind `--`, handed past the parser: an empty one among inputs is no input, and none is taken for an option.
struct CommandLineArguments: ParsableArguments {
  nonisolated(unsafe) static var rest: [String] = []
  var afterTerminator: [String] { Self.rest }

  /// Inputs at the end of a long command line. The parser's time grows with the square of their number: of 2,000 it takes 150 ms.
  nonisolated(unsafe) static var moreInputs: [String] = []
  var inputsAtEnd: [String] { Self.moreInputs }

  /// Splits `-Ifoo`, `-DX=1`, `-O2`, `-lfoo` and `-std=c11` as clang reads them, and takes away what follows `--`.
  static func normalize(_ arguments: [String]) -> [String] {
    var result: [String] = []
    var iterator = arguments[...]
    while let argument = iterator.popFirst() {
      if argument == "--" {
        rest = Array(iterator)
        break
      }
      if let name = ["-I", "-D", "-O", "-L", "-l"].first(where: { argument.hasPrefix($0) && argument.count > 2 }) {
        result += [name, String(argument.dropFirst(2))]
      } else if argument == "-O" {
        result += ["-O", "1"]
      } else if argument.hasPrefix("-std=") {
        result += ["--std", String(argument.dropFirst(5))]
      } else if ["-Xcc", "-o", "-I", "-D", "-L", "-l"].contains(argument) {
        // Their values are taken as they are.
        result.append(argument)
        if let value = iterator.popFirst() { result.append(value) }
      } else {
        result.append(argument)
      }
    }
    if ["run", "debug"].contains(result.first) {
      // The first of them may be an option's value.
      let plain = result.reversed().prefix { !$0.hasPrefix("-") }.count - 2
      if plain > 16 {
        moreInputs = Array(result.suffix(plain))
        result.removeLast(plain)
      }
    }
    return result
  }
}
