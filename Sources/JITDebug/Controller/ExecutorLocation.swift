// Where an executor is and how it is reached: what `--connect` says, and what goes with it.

import Glibc

/// What is needed besides an address; kept with a session, so that `attach` goes the same way.
package struct ExecutorAccess: Codable, Equatable, Sendable {
  /// The file of the token that executor and controller share.
  package var tokenFile: String?
  /// The executor's path on a machine that is reached by ssh.
  package var remoteExecutor: String?

  package init(tokenFile: String? = nil, remoteExecutor: String? = nil) {
    self.tokenFile = tokenFile.map(absolutePath)
    self.remoteExecutor = remoteExecutor
  }

  package var isEmpty: Bool { self == ExecutorAccess() }

  /// The options that say the same.
  package var options: [String] {
    (tokenFile.map { ["--token-file", $0] } ?? []) + (remoteExecutor.map { ["--remote-executor", $0] } ?? [])
  }
}

/// Where the code is to run.
package struct ExecutorLocation: Equatable, Sendable {
  package enum Way: Equatable, Sendable {
    /// An executor to start here, by path.
    case spawn(path: String)
    /// A listening executor.
    case tcp(host: String, port: String)
    case unix(path: String)
    /// An executor that dials in here.
    case listen(host: String, port: String)
    /// An executor that a shell command starts, at the other end of its standard input and output.
    case command(String)
    /// The same through ssh; the host may be anything that ssh knows.
    case ssh(destination: String, port: String?)
  }

  package let way: Way
  package var access: ExecutorAccess
  /// Copy the executor to a machine that is reached by ssh, unless the same one is there.
  package var installs = false

  package static func spawn(path: String) -> Self { Self(.spawn(path: path), ExecutorAccess()) }

  private init(_ way: Way, _ access: ExecutorAccess) {
    self.way = way
    self.access = access
  }

  /// Whether the executor is a child of this process, which shares its streams and belongs to nobody else.
  package var isSpawned: Bool {
    if case .spawn = way { true } else { false }
  }

  /// Whether the executor was there before this process, and stays.
  package var outlivesUs: Bool {
    switch way {
    case .tcp, .unix, .listen: true
    case .spawn, .command, .ssh: false
    }
  }

  package var isReachedBySSH: Bool {
    if case .ssh = way { true } else { false }
  }

  /// How messages and the session's description call it: what `--connect` accepts, except for a spawned one.
  package var description: String {
    func pair(_ host: String, _ port: String) -> String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    return switch way {
    case .spawn(let path): path
    case .tcp(let host, let port): pair(host, port)
    case .unix(let path): "unix:\(path)"
    case .listen(let host, let port): "listen:\(pair(host, port))"
    case .command(let command): "exec:\(command)"
    case .ssh(let destination, let port): "ssh:\(Self.bracketed(destination))" + (port.map { ":\($0)" } ?? "")
    }
  }

  /// Reads what `--connect` accepts.
  package init(endpoint: String, _ access: ExecutorAccess = ExecutorAccess()) throws(JITDebugError) {
    self.access = access
    guard access.remoteExecutor == nil || endpoint.hasPrefix("ssh:") else { throw Self.onlyForSSH("--remote-executor") }
    guard let (kind, rest) = Self.split(endpoint) else {
      let (host, port) = try Self.hostAndPort(endpoint, endpoint)
      way = .tcp(host: host, port: port)
      return
    }
    switch kind {
    case "tcp":
      let (host, port) = try Self.hostAndPort(rest, endpoint)
      way = .tcp(host: host, port: port)
    case "listen":
      let (host, port) = try Self.hostAndPort(rest, endpoint)
      way = .listen(host: host, port: port)
    case "unix":
      guard !rest.isEmpty, rest.utf8.count < 100 else {
        throw Self.unfit(endpoint, "write unix:PATH, with a short path")
      }
      way = .unix(path: absolutePath(rest))
    case "exec":
      guard !rest.allSatisfy(\.isWhitespace) else {
        throw Self.unfit(endpoint, "write exec:COMMAND, such as exec:'docker exec -i box jitdebug-executor --stdio'")
      }
      way = .command(rest)
    default:
      way = try Self.ssh(rest, endpoint)
      guard access.tokenFile == nil else {
        throw JITDebugError(
          .usage, "--token-file", "has no meaning with \(endpoint): SSH proves more", remedy: "leave it out")
      }
    }
  }

  package static func onlyForSSH(_ option: String) -> JITDebugError {
    JITDebugError(.usage, option, "has a meaning for ssh: only", remedy: "leave it out, or use --connect ssh:HOST")
  }

  private static func split(_ endpoint: String) -> (kind: String, rest: String)? {
    for kind in ["tcp", "unix", "ssh", "exec", "listen"] where endpoint.hasPrefix("\(kind):") {
      return (kind, String(endpoint.dropFirst(kind.count + 1)))
    }
    return nil
  }

  private static func bracketed(_ destination: String) -> String {
    guard destination.contains(":") else { return destination }
    let host = destination.lastIndex(of: "@").map { destination.index(after: $0) } ?? destination.startIndex
    return "\(destination[..<host])[\(destination[host...])]"
  }

  private static func unfit(_ endpoint: String, _ remedy: String) -> JITDebugError {
    JITDebugError(.usage, endpoint, "not an address", remedy: remedy)
  }

  /// Reads `HOST:PORT`, `[IPv6]:PORT`.
  private static func hostAndPort(_ text: String, _ endpoint: String) throws(JITDebugError) -> (String, String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
      throw unfit(
        endpoint,
        "write HOST:PORT, such as 127.0.0.1:4711, unix:PATH, ssh:[USER@]HOST, exec:COMMAND or listen:HOST:PORT")
    }
    let host = unbracketed(text[..<colon])
    return (host.isEmpty ? "127.0.0.1" : host, String(port))
  }

  private static func unbracketed(_ host: Substring) -> String {
    host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host)
  }

  /// Reads `[USER@]HOST[:PORT]`.
  private static func ssh(_ text: String, _ endpoint: String) throws(JITDebugError) -> Way {
    let remedy = "write ssh:[USER@]HOST or ssh:[USER@]HOST:PORT"
    let (user, rest) = text.lastIndex(of: "@").map { (text[...$0], text[text.index(after: $0)...]) } ?? ("", text[...])
    var host = rest
    var port: String?
    let colons = rest.count { $0 == ":" }
    if let colon = rest.lastIndex(of: ":"), colons == 1 || rest[..<colon].hasSuffix("]") {
      guard let number = UInt16(rest[rest.index(after: colon)...]), number > 0 else { throw unfit(endpoint, remedy) }
      (host, port) = (rest[..<colon], String(number))
    }
    let destination = "\(user)\(unbracketed(host))"
    // ssh would take it for an option.
    guard !host.isEmpty, !destination.hasPrefix("-"), !host.hasPrefix("-"), !destination.contains(where: \.isWhitespace)
    else { throw unfit(endpoint, remedy) }
    return .ssh(destination: destination, port: port)
  }
}

/// The path seen from everywhere; another command will be given it in another directory.
func absolutePath(_ path: String) -> String {
  guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
  defer { free(directory) }
  return "\(String(cString: directory))/\(path)"
}
