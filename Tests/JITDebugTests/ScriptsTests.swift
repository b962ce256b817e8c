// The launch scripts as text: compared whole, and with paths that are hard to write in a debugger's language.

import Foundation
import Testing

@testable import JITDebug

@Suite struct ScriptsTests {
  static let target = DebugTarget(
    sessionID: "k3f9", pid: 4711, executorPath: "/opt/jitdebug/jitdebug-executor",
    sessionFolder: "/home/me/sessions/k3f9",
    sourceMap: SourceRules([
      SourceRule(from: "/build/src", to: "/home/me/src"), SourceRule(from: "/build/lib", to: "/home/me/lib"),
    ]),
    commandsFolder: "/opt/jitdebug/Scripts/debugger", stop: .beforeMain)

  static func path(_ debugger: Debugger) -> String { "\(target.sessionFolder)/\(debugger.scriptName)" }

  @Test func lldbScript() throws {
    #expect(
      try LaunchScript.lldb(Self.target, path: Self.path(.lldb)) == #"""
        # Attaches LLDB to jitdebug session k3f9: lldb-22 -s "/home/me/sessions/k3f9/launch.lldb"
        # Look here, by build-id, for the debug info of the code linked at run time (-g: an existing target keeps its own value).
        settings set -g target.debug-file-search-paths "/home/me/sessions/k3f9/debug"
        # Read what the program announces through the GDB JIT interface.
        settings set plugin.jit-loader.gdb.enable on
        # Ask no server for the debug info of other modules: each question can take seconds.
        settings set symbols.enable-external-lookup false
        # LLDB 22's status line reads frames while the program starts to run, and now and then a stop then shows an old one.
        settings set show-statusline false
        # The executor holds the JIT interface.
        target create "/opt/jitdebug/jitdebug-executor"
        # Find the sources here instead of where they were compiled.
        settings append target.source-map "/build/src" "/home/me/src"
        settings append target.source-map "/build/lib" "/home/me/lib"
        # Stop the program.
        process attach --pid 4711
        # Commands about the code linked at run time, in LLDB's Python: `help jit`.
        command script import "/opt/jitdebug/Scripts/debugger/jitdebug_lldb.py"
        # jitdebug: process 4711 is linked and stopped before main; `continue` starts it

        """#)
  }

  @Test func gdbScript() throws {
    #expect(
      try LaunchScript.gdb(Self.target, path: Self.path(.gdb)) == #"""
        # Attaches GDB to jitdebug session k3f9: gdb -x "/home/me/sessions/k3f9/launch.gdb"
        # Look here, by build-id, for the debug info of the code linked at run time; then where the system's lies.
        set debug-file-directory /home/me/sessions/k3f9/debug:/usr/lib/debug
        # Ask no server for the debug info of other modules: each question can take seconds.
        set debuginfod enabled off
        # Accept breakpoints in code that is not there yet, without a question.
        set breakpoint pending on
        # Resume all threads at once. One by one, GDB 13 fails where a program ends as soon as its main thread runs.
        maintenance set target-non-stop off
        # The executor holds the JIT interface.
        file "/opt/jitdebug/jitdebug-executor"
        # Find the sources here instead of where they were compiled.
        set substitute-path "/build/src" "/home/me/src"
        set substitute-path "/build/lib" "/home/me/lib"
        # Commands about the code linked at run time: `help jit`. (A GDB without Python lacks the function $_streq.)
        if $_isvoid($_streq)
          echo warning: no jit commands: this GDB has no Python\n
        else
          python
        try:
          gdb.execute('source ' + "/opt/jitdebug/Scripts/debugger/jitdebug_gdb.py")
        except gdb.error as error:
          print(f'warning: no jit commands: {error}')
          end
        end
        # Stop the program.
        attach 4711
        # Say where the program is.
        echo jitdebug: process 4711 is linked and stopped before main; `continue` starts it\n

        """#)
  }

  @Test func withoutSourceMapAndInTheMiddleOfTheProgram() throws {
    var target = Self.target
    target.sourceMap = SourceRules()
    target.stop = .anywhere
    for text in [try LaunchScript.lldb(target, path: nil), try LaunchScript.gdb(target, path: nil)] {
      #expect(!text.contains("sources here"))
      #expect(text.contains("jitdebug: attached to process 4711; `continue` lets it run on, `detach` leaves it"))
      #expect(text.hasSuffix("\n"))
    }
  }

  @Test(arguments: [
    (#"a b"#, #""a b""#, #""a b""#, #""a b""#),
    (#"say "hi""#, #""say \"hi\"""#, #""say \"hi\"""#, #""say \"hi\"""#),
    (#"back\slash"#, #""back\\slash""#, #""back\\slash""#, #""back\\slash""#),
    ("it's $x #1", "\"it's $x #1\"", "\"it's $x #1\"", "\"it's $x #1\""),
    // Only LLDB's settings replace backticks, and only they take them escaped.
    (#"`date`"#, #""`date`""#, #""\`date\`""#, #""`date`""#),
    ("größe", "\"größe\"", "\"größe\"", "\"größe\""),
    ("", "\"\"", "\"\"", "\"\""),
  ])
  func quoting(text: String, lldb: String, setting: String, gdb: String) throws {
    #expect(try Quoting.lldb(text) == lldb)
    #expect(try Quoting.lldbSetting(text) == setting)
    #expect(try Quoting.gdb(text) == gdb)
  }

  @Test(arguments: ["a\nb", "a\rb", "a\r\nb"])
  func lineBreaksAreRefused(path: String) {
    #expect(throws: JITDebugError.self) { try Quoting.lldb(path) }
    #expect(throws: JITDebugError.self) { try Quoting.gdbFolder(path) }
  }

  @Test func gdbCannotHaveAColonInASearchedFolder() throws {
    var target = Self.target
    target.debugFolder = "/state:2/debug"
    let error = try #require(throws: JITDebugError.self) { try LaunchScript.gdb(target, path: nil) }
    #expect(error.reason.contains("':'"))
    #expect(error.remedy?.contains("XDG_STATE_HOME") == true)
    #expect(try LaunchScript.lldb(target, path: nil).contains(#""/state:2/debug""#))
  }

  @Test func filesLeaveOutWhatDebuggersWouldRefuse() throws {
    let scratch = try ScratchDirectory()
    var target = Self.target
    target.sessionFolder = scratch.url.path
    target.sourceMap = SourceRules([
      SourceRule(from: "/gone", to: scratch.path("none")), SourceRule(from: "/kept", to: scratch.url.path),
    ])
    let warnings = try LaunchFiles.write(for: target)
    #expect(warnings.map(\.subject) == [scratch.path("none")])
    for name in ["launch.lldb", "launch.gdb"] {
      let text = try String(contentsOfFile: scratch.path(name), encoding: .utf8)
      #expect(text.contains("/kept"))
      #expect(!text.contains("/gone"))
    }

    // What only one debugger cannot do leaves the other usable, and nothing old behind.
    target.debugFolder = "/state:2/debug"
    #expect(try LaunchFiles.write(for: target).count == 2)
    #expect(FileManager.default.fileExists(atPath: scratch.path("launch.lldb")))
    #expect(!FileManager.default.fileExists(atPath: scratch.path("launch.gdb")))
  }
}
