// What the shell programs of tests with two machines begin with: how to start the debugged program from the desk and see it end.

import TestSupport

enum DeskProgram {
  /// `start ADDRESS [OPTION...]` runs the program and returns when it is in its loop; `finish` waits for its end and prints it. `$J` is
  /// jitdebug, `$S` the program's source.
  static let helpers = """
    set -u
    start() {
      "$J" run --connect "$@" "$S" -- loop > run.out 2>&1 < /dev/null &
      run=$!
      for ((i = 0; i < 4000; i++)); do
        grep -q 'counter 9' run.out && return
        kill -0 $run || break
        sleep 0.01
      done
      cat run.out
      exit 70
    }
    finish() {
      wait $run
      echo "run: $?"
      cat run.out
    }

    """

  static func environment(in folder: TemporaryFolder) -> [String: String] {
    var environment = baseEnvironment
    environment["XDG_STATE_HOME"] = folder.file("state")
    environment["J"] = Workspace.jitdebug
    environment["S"] = DebuggerProgram.source
    environment["PATH", default: ""] += ":/usr/sbin:/sbin"
    return environment
  }

  /// Runs a shell program on the desk of two machines. `$T` is the address of the executor on the other.
  ///
  /// - Parameter server: the debug server there.
  static func run(
    on executor: String, server: String, in folder: TemporaryFolder, _ program: String
  ) throws -> CommandResult {
    let start = """
      \(helpers)
      T=10.77.0.2:4711

      """
    return try TestSupport.run(
      [
        Workspace.root + "/Tests/Fixtures/two_machines.sh", executor, server, folder.path, "bash", "-c",
        start + program,
      ],
      environment: environment(in: folder), directory: folder.path, mergingErrors: true, timeout: 90)
  }
}
