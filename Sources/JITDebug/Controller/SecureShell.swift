// The ssh command: its options, and running commands of another machine through it.

import Glibc

/// A machine that ssh reaches.
struct SecureShell {
  let destination: String
  let port: String?
  /// How messages call it.
  let peer: String
  /// A folder that is this user's alone, for the sockets by which one login serves several commands; nil without such.
  private let controlFolder: String?
  private let hasTerminal: Bool

  /// How long a login is kept for the next command, in seconds: `attach` and debug servers come after `run`.
  private static let loginLimit = 20
  /// How long logging in and a short command may take, in seconds; somebody may have to type a password.
  private static let commandLimit = 120.0

  init(destination: String, port: String?, peer: String) throws(JITDebugError) {
    self.destination = destination
    self.port = port
    self.peer = peer
    controlFolder = Self.privateFolder()
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
    hasTerminal = terminal >= 0
    close(terminal)
  }

  /// The words that start a command there. Like GIT_SSH_COMMAND, JITDEBUG_SSH is a shell's text that stands for `ssh`.
  private func words(_ options: [String], _ command: String) -> [String] {
    var words = ["-T", "-a", "-x", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=15"]
    if let controlFolder {
      words += [
        "-o", "ControlMaster=auto", "-o", "ControlPersist=\(Self.loginLimit)", "-o", "ControlPath=\(controlFolder)/%C",
      ]
    }
    words += options + (port.map { ["-p", $0] } ?? []) + [destination, command]
    guard let own = getenv("JITDEBUG_SSH"), own.pointee != 0 else { return ["ssh"] + words }
    return ["/bin/sh", "-c", "\(String(cString: own)) \"$@\"", "ssh"] + words
  }

  /// The command whose standard streams are those of the executor at `path` there. All questions were answered before: it is out of
  /// the terminal's reach.
  func session(running path: String) throws(JITDebugError) -> [String] {
    words(["-o", "BatchMode=yes"], "exec \(try Quoting.shell([path])) --stdio")
  }

  /// Runs a shell's text there, and returns what it printed. Fails if ssh does, or is not there.
  ///
  /// - Parameter input: a file of this machine, for its standard input.
  func run(_ script: String, input: String = "/dev/null") throws(JITDebugError) -> String {
    // A login shell need not be a POSIX one.
    let command = words(hasTerminal ? [] : ["-o", "BatchMode=yes"], "exec sh -c \(try Quoting.shell([script]))")
    let file = Descriptor(open(input, O_RDONLY | O_CLOEXEC))
    guard file.raw >= 0 else { throw JITDebugError(.input, input, systemMessage(errno).lowercasedFirst) }
    let result = try CommandOutput(command, input: file, limit: Self.commandLimit)
    guard result.ending == .exited(0) else { throw failure(result) }
    return result.output
  }

  /// What went wrong, from ssh's own words.
  private func failure(_ result: CommandOutput) -> JITDebugError {
    let lines = result.errors.split(whereSeparator: \.isNewline).map { $0.trimmingSpaces }.filter { !$0.isEmpty }
    func failed(_ reason: String, _ remedy: String?) -> JITDebugError {
      JITDebugError(.connection, peer, reason, remedy: remedy)
    }
    let ssh = "ssh \(port.map { "-p \($0) " } ?? "")\(destination)"
    switch result.ending {
    case .exited(127) where lines.last?.contains("not found") ?? true:
      return failed(
        "there is no ssh: \(lines.last ?? "not found")", "install openssh-client, or name it with JITDEBUG_SSH")
    case .exited(255):
      if result.errors.contains("Host key verification failed")
        || result.errors.contains("HOST IDENTIFICATION HAS CHANGED")
      {
        return failed("ssh does not accept the host's key", "log in once by hand, `\(ssh)`, and check the key")
      }
      if let line = lines.last(where: {
        $0.contains("Permission denied") || $0.contains("Too many authentication failures")
      }) {
        return failed("ssh cannot log in: \(line.lowercasedFirst)", "check user and key: `\(ssh)` has to work")
      }
      let line = lines.last ?? "failed"
      return failed(
        "ssh: \((line.hasPrefix("ssh: ") ? String(line.dropFirst(5)) : line).lowercasedFirst)", "`\(ssh)` has to work")
    case .signaled(SIGKILL):
      return failed("ssh: no answer within \(Int(Self.commandLimit)) seconds", "`\(ssh)` has to work")
    default: return failed("the command there \(result.ending)\(lines.last.map { ": \($0)" } ?? "")", nil)
    }
  }

  /// Nobody else may put a socket there. Its path has to leave room for ssh's 40 digits and a suffix.
  private static func privateFolder() -> String? {
    func environment(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    let candidates = [environment("XDG_RUNTIME_DIR").map { "\($0)/jitdebug" }, "/tmp/jitdebug-\(geteuid())"]
    for case let folder? in candidates where folder.utf8.count <= 45 {
      mkdir(folder, 0o700)
      var info = stat()
      guard lstat(folder, &info) == 0, info.st_mode & S_IFMT == S_IFDIR, info.st_uid == geteuid(),
        info.st_mode & 0o077 == 0
      else { continue }
      return folder
    }
    return nil
  }
}

/// What a command printed, and how it ended.
struct CommandOutput {
  let ending: ChildProcess.Ending
  let output: String
  let errors: String

  /// Runs it to its end, or kills it when the time is over. What it left running, as a shared login is, may keep its streams open.
  init(_ command: [String], input: Descriptor, limit: Double) throws(JITDebugError) {
    let (output, errors) = (try TemporaryFile(), try TemporaryFile())
    var options = ChildProcess.Options()
    options.descriptors = [
      (child: 0, here: input.raw), (child: 1, here: output.descriptor.raw), (child: 2, here: errors.descriptor.raw),
    ]
    do throws(JITDebugError) {
      ending = try ChildProcess(command[0], Array(command.dropFirst()), options).wait(killAfter: limit)
    } catch {
      throw JITDebugError(
        .system, command[0], error.reason, remedy: command[0] == "ssh" ? "install openssh-client" : nil)
    }
    self.output = output.text
    self.errors = errors.text
  }
}

extension String {
  fileprivate var trimmingSpaces: String { Substring(self).trimmingSpaces }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}
