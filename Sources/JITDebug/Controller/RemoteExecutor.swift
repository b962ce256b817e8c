// The executor on a machine that ssh reaches: finding it there, and copying it there first.

import Glibc

enum RemoteExecutor {
  /// Where `--install` puts it, below the user's home there.
  static let folder = ".cache/jitdebug"

  /// The executor's path there.
  ///
  /// - Parameters:
  ///   - given: a path there, or one below the home that begins with `~/`; nil for the copy in the home, or one along PATH.
  ///   - installing: whether to bring the copy in the home up to date first.
  static func path(through shell: SecureShell, named given: String?, installing: Bool) throws(JITDebugError) -> String {
    var machine = try Machine(shell, given)
    if installing {
      let local = try localExecutor(machine, shell.peer)
      let content = try readFile(local)
      let sum = sha256(UnsafeRawBufferPointer(content.buffer))
      if machine.installedSum != sum {
        let text = try shell.run(script(size: content.buffer.count, sum: sum), input: local)
        guard text.contains("jitdebug-installed") else {
          throw JITDebugError(
            .connection, shell.peer, "the executor arrived damaged at ~/\(folder), and was removed",
            remedy: "check the room there, and try again")
        }
        machine = try Machine(shell, given)
      }
    }
    guard let path = machine.path else {
      throw JITDebugError(
        .connection, shell.peer, "there is no jitdebug-executor: neither in ~/\(folder) nor along PATH",
        remedy: "copy it there with --install, or name one that is there with --remote-executor PATH")
    }
    guard machine.status == 0 else { throw machine.unusable(path, shell.peer) }
    return path
  }

  /// The one that fits the machine.
  private static func localExecutor(_ machine: Machine, _ peer: String) throws(JITDebugError) -> String {
    guard machine.system == "Linux", ["x86_64", "aarch64", "riscv64"].contains(machine.architecture) else {
      throw JITDebugError(
        .connection, peer, "no executor for \(machine.system) on \(machine.architecture)",
        remedy: "executors are built for x86_64, aarch64 and riscv64 Linux")
    }
    return try ExecutorBinary.find(triple: "\(machine.architecture)-unknown-linux-\(machine.library)")
  }

  /// Copies standard input. It appears in one step, and only if it is whole.
  private static func script(size: Int, sum: String) -> String {
    "d=$HOME/\(folder); f=$d/jitdebug-executor; t=$f.$$; trap 'rm -f \"$t\"' 0; trap 'exit 1' HUP INT TERM PIPE; umask 077; mkdir -p \"$d\" && cat > \"$t\" && chmod 755 \"$t\""
      + " && s=$(sha256sum < \"$t\" 2> /dev/null || echo \(sum))"
      + " && if [ $(wc -c < \"$t\") -eq \(size) ] && [ \"${s%% *}\" = \(sum) ];"
      + " then mv -f \"$t\" \"$f\" && echo jitdebug-installed; else rm -f \"$t\"; fi"
  }

  /// What the machine is, and which executor it has.
  private struct Machine {
    var system = ""
    var architecture = ""
    /// `gnu` or `musl`.
    var library = ""
    /// The executor that would be started.
    var path: String?
    /// Of trying it.
    var status: Int32 = 0
    var message = ""
    /// ELF's e_machine of it, as two bytes in hexadecimal; empty where that cannot be told.
    var machineCode = ""
    /// Of the copy in the home; empty if there is none, or no sha256sum.
    var installedSum = ""

    init(_ shell: SecureShell, _ given: String?) throws(JITDebugError) {
      let named = try given.map { (path) throws(JITDebugError) in try Quoting.shell([path]) } ?? ""
      let script =
        "f=$HOME/\(folder)/jitdebug-executor; p=\(named); case $p in \"~/\"*) p=$HOME/${p#??};; esac;"
        + " if [ -z \"$p\" ]; then if [ -x \"$f\" ]; then p=$f; else p=$(command -v jitdebug-executor); fi; fi;"
        // A machine may have both loaders, and musl's ldd knows whose it is.
        + " l=gnu; if ldd --version 2>&1 | grep -qi musl; then l=musl; else g=; for i in /lib/ld-linux* /lib64/ld-linux*;"
        + " do [ -e \"$i\" ] && g=1; done; [ -z \"$g\" ] && for i in /lib/ld-musl-*; do [ -e \"$i\" ] && l=musl; done; fi;"
        + " v=$(\"$p\" --version 2>&1 < /dev/null); r=$?; e=$(od -An -tx1 -j18 -N2 \"$p\" 2> /dev/null);"
        + " echo; echo \"jitdebug: $(uname -s) $(uname -m) $l $r $(sha256sum < \"$f\" 2> /dev/null)\";"
        + " echo \"path: $p\"; echo \"says: \"$v; echo \"elf: \"$e"
      for line in try shell.run(script).split(whereSeparator: \.isNewline) {
        if line.hasPrefix("jitdebug: ") {
          let fields = line.split(separator: " ").map(String.init)
          guard fields.count >= 5 else { continue }
          (system, architecture, library, status) = (fields[1], fields[2], fields[3], Int32(fields[4]) ?? 1)
          if fields.count > 5 { installedSum = fields[5] }
        } else if line.hasPrefix("path: ") {
          let text = String(line.dropFirst("path: ".count))
          path = text.isEmpty ? nil : text
        } else if line.hasPrefix("says: ") {
          message = String(line.dropFirst("says: ".count))
        } else if line.hasPrefix("elf: ") {
          machineCode = line.dropFirst("elf: ".count).filter { $0 != " " }
        }
      }
      guard !system.isEmpty else {
        throw JITDebugError(
          .connection, shell.peer, "has no shell that understands sh's language",
          remedy: "reach it another way: exec:COMMAND")
      }
    }

    /// Why the executor there does not run.
    func unusable(_ path: String, _ peer: String) -> JITDebugError {
      let machine = "\(architecture) with \(library == "musl" ? "musl" : "glibc")"
      let expected = ["x86_64": "3e00", "aarch64": "b700", "riscv64": "f300"][architecture]
      // Shells take what the kernel refuses for a script, so that their own words may be anything.
      let reason =
        switch status {
        case 126 where message.contains("ermission"): "cannot be executed there: permission denied"
        case _ where !machineCode.isEmpty && machineCode != expected:
          "is for another architecture: the target is \(machine)"
        case 127 where machineCode.isEmpty: "is not there"
        case 127: "is for another C library: the target is \(machine)"
        default: "does not start there: \(message.prefix(80))"
        }
      return JITDebugError(
        .connection, peer, "\(path) \(reason)",
        remedy: "copy the fitting one there with --install, or name it with --remote-executor PATH")
    }
  }
}
