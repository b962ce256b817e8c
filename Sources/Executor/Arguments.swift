// The executor's command line.
import ExecutorSystem
import Wire

let executorVersion = "0.1.0"

/// What the command line asks for.
enum Command {
  case help
  case version
  case listen(Listener)
  case serve(descriptor: Int32)

  static let usage = """
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

  /// Reads the arguments after the program's name.
  init(_ arguments: [UnsafePointer<CChar>]) throws(ExecutorError) {
    var listener = Listener(host: "127.0.0.1", port: 0, portFile: nil, allowsRemote: false)
    var listens = false
    var descriptor: Int32?
    var position = 0
    while position < arguments.count {
      let argument = Argument(arguments[position])
      position += 1
      func value() throws(ExecutorError) -> String {
        if let value = argument.value { return value }
        guard position < arguments.count else { throw ExecutorError("\(argument.text): missing value") }
        position += 1
        return String(cString: arguments[position - 1])
      }
      if argument.isNamed("--help") || argument.isNamed("-h") {
        self = .help
        return
      } else if argument.isNamed("--version") {
        self = .version
        return
      } else if argument.isNamed("--listen") {
        (listener.host, listener.port) = try Self.address(try value())
        listens = true
      } else if argument.isNamed("--port-file") {
        listener.portFile = try value()
        listens = true
      } else if argument.isNamed("--allow-unauthenticated-remote") {
        listener.allowsRemote = true
        listens = true
      } else if argument.isNamed("--fd") {
        let text = try value()
        guard let number = Int32(text), number >= 0 else { throw ExecutorError("--fd: '\(text)' is not a descriptor") }
        descriptor = number
      } else {
        throw ExecutorError("\(argument.text): unknown argument")
      }
    }
    if let descriptor {
      guard !listens else { throw ExecutorError("--fd: cannot be combined with options for listening") }
      self = .serve(descriptor: descriptor)
    } else {
      self = .listen(listener)
    }
  }

  /// Splits `HOST:PORT`; the host may be in brackets, as IPv6 addresses need it.
  static func address(_ text: String) throws(ExecutorError) -> (host: String, port: UInt16) {
    let bytes = Array(text.utf8)
    guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")),
      let port = UInt16(String(decoding: bytes[(colon + 1)...], as: UTF8.self))
    else { throw ExecutorError("--listen: '\(text)' is not of the form HOST:PORT") }
    var host = bytes[..<colon]
    if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else { throw ExecutorError("--listen: '\(text)' has no host") }
    return (String(decoding: host, as: UTF8.self), port)
  }
}

/// An argument, compared byte by byte: comparing strings as Swift does would bring all of Unicode along.
private struct Argument {
  private let bytes: [UInt8]
  private let nameEnd: Int

  init(_ text: UnsafePointer<CChar>) {
    bytes = Array(String(cString: text).utf8)
    nameEnd = bytes.starts(with: "--".utf8) ? bytes.firstIndex(of: UInt8(ascii: "=")) ?? bytes.count : bytes.count
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }
  /// What follows an equals sign.
  var value: String? {
    nameEnd < bytes.count ? String(decoding: bytes[(nameEnd + 1)...], as: UTF8.self) : nil
  }
  func isNamed(_ name: String) -> Bool { bytes[..<nameEnd].elementsEqual(name.utf8) }
}
