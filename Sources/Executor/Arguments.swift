// The executor's command line.
import ExecutorSystem
import Wire

let executorVersion: WireString = "0.1.0"

/// What the command line asks for.
enum Command {
  case help
  case version
  case listen(Listener)
  case serve(descriptor: Int32)

  static let usage: WireString = """
    usage: jitdebug-executor [--listen HOST:PORT] [--port-file FILE]
           jitdebug-executor --fd N

    Runs code that a controller such as jitdebug, llvm-jitlink or clang-repl links into it.

      --listen HOST:PORT  accept controllers there, each in a process of its own, and print
                          the address (default 127.0.0.1:0: a port that the system chooses)
      --port-file FILE    write the port's number to FILE, and remove FILE at the end
      --allow-unauthenticated-remote
                          listen on other addresses than this machine's own too; whoever
                          reaches the port can run any code as the user of this process
      --fd N              serve the one controller at the other end of the socket N
      --help              print this text
      --version           print the version

    """

  static var versionLine: WireString { "jitdebug-executor \(executorVersion)\n" }

  /// Reads the arguments after the program's name.
  init(_ arguments: [UnsafePointer<CChar>]) throws(ExecutorError) {
    var words = Words(arguments)
    var listener = Listener(host: "127.0.0.1", port: 0, portFile: nil, allowsRemote: false)
    var listens = false
    var descriptor: Int32?
    while let option = words.nextOption() {
      switch option {
      case .help:
        self = .help
        return
      case .version:
        self = .version
        return
      case .listen:
        (listener.host, listener.port) = try Self.address(try words.value())
        listens = true
      case .portFile:
        listener.portFile = WireString(decoding: try words.value()[...], as: UTF8.self)
        listens = true
      case .allowRemote:
        listener.allowsRemote = true
        listens = true
      case .descriptor:
        guard let number = number(try words.value()[...], below: 1 << 31) else {
          throw ExecutorError("--fd: not the number of a descriptor")
        }
        descriptor = Int32(number)
      case .unknown: throw ExecutorError("\(words.current): unknown argument")
      }
    }
    guard let descriptor else {
      self = .listen(listener)
      return
    }
    guard !listens else { throw ExecutorError("--fd: cannot be combined with options for listening") }
    self = .serve(descriptor: descriptor)
  }

  /// Splits `HOST:PORT`; the host may be in brackets, as IPv6 addresses need it.
  static func address(_ text: [UInt8]) throws(ExecutorError) -> (host: WireString, port: UInt16) {
    guard let colon = text.lastIndex(of: UInt8(ascii: ":")), colon > 0,
      let port = number(text[(colon + 1)...], below: 65536)
    else { throw ExecutorError("--listen: '\(WireString(decoding: text[...], as: UTF8.self))' is not HOST:PORT") }
    let isBracketed = text[0] == UInt8(ascii: "[") && text[colon - 1] == UInt8(ascii: "]")
    let host = isBracketed ? text[1..<(colon - 1)] : text[..<colon]
    return (WireString(decoding: host, as: UTF8.self), UInt16(port))
  }
}

/// Reads a decimal number; nil if the text is none.
func number(_ digits: ArraySlice<UInt8>, below limit: UInt64) -> UInt64? {
  if digits.isEmpty { return nil }
  var value: UInt64 = 0
  for digit in digits {
    guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
    value = value * 10 + UInt64(digit - UInt8(ascii: "0"))
    if value >= limit { return nil }
  }
  return value
}

/// The words of a command line. They are compared byte by byte: comparing strings as Swift does brings all of Unicode along.
private struct Words {
  enum Option {
    case help, version, listen, portFile, allowRemote, descriptor, unknown
  }

  private let words: [UnsafePointer<CChar>]
  private var position = 0
  /// What follows the equals sign in `--option=value`.
  private var attached: [UInt8]?
  /// The word that the last option came from.
  private(set) var current: WireString = ""

  init(_ words: [UnsafePointer<CChar>]) { self.words = words }

  mutating func nextOption() -> Option? {
    guard let word = nextWord() else { return nil }
    current = WireString(decoding: word[...], as: UTF8.self)
    attached = nil
    var name = word[...]
    if word.count > 2, word[1] == UInt8(ascii: "-"), let equals = word.firstIndex(of: UInt8(ascii: "=")) {
      name = word[..<equals]
      attached = Array(word[(equals + 1)...])
    }
    func isNamed(_ text: StaticString) -> Bool {
      guard name.count == text.utf8CodeUnitCount else { return false }
      for (i, byte) in name.enumerated() where text.utf8Start[i] != byte { return false }
      return true
    }
    if isNamed("--help") || isNamed("-h") { return .help }
    if isNamed("--version") { return .version }
    if isNamed("--listen") { return .listen }
    if isNamed("--port-file") { return .portFile }
    if isNamed("--allow-unauthenticated-remote") { return .allowRemote }
    if isNamed("--fd") { return .descriptor }
    return .unknown
  }

  /// The value of the last option.
  mutating func value() throws(ExecutorError) -> [UInt8] {
    if let attached { return attached }
    guard let word = nextWord() else { throw ExecutorError("\(current): missing value") }
    return word
  }

  private mutating func nextWord() -> [UInt8]? {
    guard position < words.count else { return nil }
    position += 1
    var bytes: [UInt8] = []
    var next = words[position - 1]
    while next.pointee != 0 {
      bytes.append(UInt8(bitPattern: next.pointee))
      next += 1
    }
    return bytes
  }
}
