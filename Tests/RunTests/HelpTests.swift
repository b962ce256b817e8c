// The help texts, compared whole, and completion for shells.

import Foundation
import TestSupport
import Testing

@testable import jitdebug

@Suite("Help")
struct HelpTests {
  /// To renew a file after a change of the options: jitdebug help SUBCOMMAND > Tests/RunTests/Golden/SUBCOMMAND.txt
  @Test(
    "every subcommand's help is the golden file's",
    arguments: [
      "jitdebug", "run", "debug", "attach", "sessions", "inspect", "doctor", "script", "sourcemap", "debug-server",
      "libraries", "executor", "report",
    ])
  func golden(name: String) throws {
    let result = try run([Workspace.jitdebug] + (name == "jitdebug" ? [] : [name]) + ["--help"])
    #expect(result.status == 0 && result.errors == "")
    let expected = try String(contentsOfFile: "\(Workspace.root)/Tests/RunTests/Golden/\(name).txt", encoding: .utf8)
    #expect(result.output == expected)
    #expect(result.output.contains("Examples:"))
  }

  @Test("bash completes subcommands, options and paths")
  func completion() throws {
    let folder = try TemporaryFolder()
    for name in ["main.c", "mainly.o"] { try Data().write(to: URL(filePath: folder.file(name))) }
    let script = try run([Workspace.jitdebug, "--generate-completion-script", "bash"])
    #expect(script.status == 0)
    try script.standardOutput.write(to: URL(filePath: folder.file("completion.bash")))
    func complete(_ words: String...) throws -> Set<String> {
      let program = """
        source completion.bash
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
        function_name=$(complete -p jitdebug | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
        COMPREPLY=()
        "$function_name" "$1" "${@: -1}" "${@: -2:1}"
        printf '%s\\n' "${COMPREPLY[@]}"
        """
      let result = try run(["bash", "-c", program, "bash"] + words, directory: folder.path)
      return Set(result.output.split(whereSeparator: \.isWhitespace).map(String.init))
    }
    #expect(try complete("jitdebug", "at").contains("attach"))
    #expect(try complete("jitdebug", "run", "--conn").contains("--connect"))
    #expect(try complete("jitdebug", "run", "mai").isSuperset(of: ["main.c", "mainly.o"]))
    for shell in ["zsh", "fish"] {
      #expect(try run([Workspace.jitdebug, "--generate-completion-script", shell]).status == 0)
    }
  }

  @Test("clang's joined options, and what belongs to the program")
  func normalize() {
    let cases: [([String], parsed: [String], rest: [String])] = [
      (
        ["run", "-Iinclude", "-DX=1", "-O2", "-std=c11"],
        ["run", "-I", "include", "-D", "X=1", "-O", "2", "--std", "c11"], []
      ),
      (["-I", "-Dx", "-O", "a.c"], ["-I", "-Dx", "-O", "1", "a.c"], []),
      (["-Xcc", "-O3", "-o", "-Ibt"], ["-Xcc", "-O3", "-o", "-Ibt"], []),
      (["a.c", "--", "-O2", "", "--", "-I"], ["a.c"], ["-O2", "", "--", "-I"]),
      (["-I"], ["-I"], []), (["-Xcc"], ["-Xcc"], []), ([], [], []),
    ]
    defer { CommandLineArguments.rest = [] }
    for (given, parsed, rest) in cases {
      CommandLineArguments.rest = []
      #expect(CommandLineArguments.normalize(given) == parsed)
      #expect(CommandLineArguments.rest == rest)
    }
  }

  @Test("many inputs at the end go past the parser, and are linked in their order")
  func manyInputs() throws {
    defer { CommandLineArguments.moreInputs = [] }
    let names = (0..<20).map { "f\($0).c" }
    #expect(CommandLineArguments.normalize(["run", "--cwd", "/"] + names) == ["run", "--cwd", "/", "f0.c"])
    #expect(CommandLineArguments.moreInputs == Array(names.dropFirst()))
    CommandLineArguments.moreInputs = []
    #expect(CommandLineArguments.normalize(["attach"] + names) == ["attach"] + names)
    #expect(CommandLineArguments.normalize(["run"] + names + ["--stats"]) == ["run"] + names + ["--stats"])
    #expect(CommandLineArguments.moreInputs == [])

    let folder = try RunFolder()
    try folder.write("main.c", "int main(int count, char **arguments) { return count; }\n")
    for (index, name) in names.enumerated() {
      // Constructors run in the order of the inputs.
      try folder.write(
        name, "#include <stdio.h>\n__attribute__((constructor)) static void say(void) { puts(\"\(index)\"); }\n")
    }
    let result = try folder.run(["main.c"] + names + ["--", "a", "b"])
    #expect(result.status == 3, "\(result.errors)")
    #expect(result.output == names.indices.map { "\($0)\n" }.joined())
  }
}
