// Names of symbols as their source has them, where the symbols come from another process: a hostile one of a few hundred bytes
// stands for gigabytes, by substitutions that double each time. So the worker demangles them, which has limits.

package final class SymbolNames {
  private let worker: DebugInfoWorker
  private var failures = 0
  /// How often the worker may end or stall before everything stays as it is.
  private static let failureLimit = 2
  /// Seconds for a part.
  private static let time = 5.0
  /// Names, and their bytes, that are asked for at a time.
  private static let part = (count: 4096, size: 1 << 20)

  package init(_ worker: DebugInfoWorker = DebugInfoWorker()) { self.worker = worker }

  /// Those that cannot be demangled, or stand beside one that cannot be within the limits, stay as they are.
  package func read(_ symbols: [String]) -> [String] {
    var names = symbols
    let mangled = symbols.indices.filter { symbols[$0].hasPrefix("_Z") }
    var next = 0
    while next < mangled.count, failures < Self.failureLimit {
      var (end, size) = (next, 0)
      while end < mangled.count, end - next < Self.part.count, size < Self.part.size {
        size += symbols[mangled[end]].utf8.count
        end += 1
      }
      let part = mangled[next..<end]
      next = end
      var request = DebugInfoRequest()
      request.symbols = part.map { symbols[$0] }
      if let answer = try? worker.ask(request, limit: Self.time), answer.names.count == part.count {
        for (index, name) in zip(part, answer.names) { names[index] = name }
      } else {
        failures += 1
      }
    }
    return names
  }

  package func read(_ symbol: String) -> String { read([symbol])[0] }
}
