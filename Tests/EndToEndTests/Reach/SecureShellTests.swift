// SSH: one login for several commands, the executor copied there when it is missing or another one, and what can go wrong.

import Foundation
import TestSupport
import Testing

@Suite("ssh")
struct SecureShellTests {
  let reach: ReachTests

  init() throws { reach = try ReachTests() }

  private func desk(_ program: String) throws -> String {
    try """
    #include <stdio.h>
    int main(void) { puts("hello"); return 3; }
    """.write(toFile: reach.folder.file("hello.c"), atomically: true, encoding: .utf8)
    return try reach.desk(ReachTests.ways[0], program)
  }

  @Test("--install copies the executor once, replaces another one, and is needed once")
  func install() throws {
    let text = try desk(
      """
      copy() { $ON_TARGET sh -c 'stat -c "copy %a %i" ~/.cache/jitdebug/*'; }
      "$J" run --connect "$A" hello.c; echo "without: $?"
      "$J" run --connect "$A" --install hello.c; echo "with: $?"
      copy > first
      "$J" run --connect "$A" --install hello.c; echo "again: $?"
      copy > second
      cmp first second && grep -q '^copy 755 ' first && echo 'copied once'
      $ON_TARGET sh -c 'echo "not the same" >> ~/.cache/jitdebug/jitdebug-executor'
      "$J" run --connect "$A" --install hello.c; echo "mended: $?"
      copy > third
      cmp -s first third || echo 'copied again'
      $ON_TARGET sh -c 'cmp ~/.cache/jitdebug/jitdebug-executor '"$X" && echo 'the same'
      "$J" run --connect "$A" hello.c; echo "found: $?"
      "$J" run --connect "$A" --remote-executor "$X" hello.c; echo "named: $?"
      echo "logins: $(grep -c 'Accepted publickey' sshd.log)"
      """)
    reach.expect(
      [
        "error: ssh:localhost: there is no jitdebug-executor: neither in ~/.cache/jitdebug nor along PATH\n"
          + "note: copy it there with --install", "without: 125", "with: 3", "again: 3", "copied once", "mended: 3",
        "copied again", "the same", "found: 3", "named: 3", "logins: 1\n",
      ], in: text)
    #expect(text.split(separator: "\n").count { $0 == "hello" } == 5, "\(text)")
  }

  @Test("each failure is one line with its cause and one with a remedy")
  func failures() throws {
    let text = try desk(
      """
      printf '\\177ELF\\2\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\2\\0\\064\\022' > strange; head -c 4000 /dev/zero >> strange; chmod 755 strange
      fail() { echo "== $1"; shift; "$@" "$J" run hello.c --connect "$A" < /dev/null; echo "status $?"; }
      # A login of its own each time.
      mine="$JITDEBUG_SSH -o ControlPath=none"
      fail no-ssh env JITDEBUG_SSH=/no/such/ssh
      fail no-key env JITDEBUG_SSH="${mine/\\/key /\\/stranger }"
      fail host-key env JITDEBUG_SSH="${mine/\\/known/\\/unknown}"
      A=ssh:localhost:23 fail no-server env JITDEBUG_SSH="$mine"
      echo "== architecture"; "$J" run hello.c --connect "$A" --remote-executor "$PWD/strange"; echo "status $?"
      echo "== missing"; "$J" run hello.c --connect "$A" --remote-executor /no/such; echo "status $?"
      echo "== other"; "$J" run hello.c --connect "$A" --remote-executor /bin/false; echo "status $?"
      """)
    func part(_ name: String) -> String {
      text.components(separatedBy: "== \(name)\n").dropFirst().first?.components(separatedBy: "== ").first ?? ""
    }
    for (name, error, note) in [
      ("no-ssh", "error: ssh:localhost: there is no ssh: ", "note: install openssh-client"),
      ("no-key", "error: ssh:localhost: ssh cannot log in: ", "`ssh localhost` has to work"),
      ("host-key", "error: ssh:localhost: ssh does not accept the host's key", "check the key"),
      (
        "no-server", "error: ssh:localhost:23: ssh: connect to host localhost port 23: connection refused",
        "has to work"
      ),
      ("architecture", "/strange is for another architecture: the target is x86_64 with glibc", "--install"),
      ("missing", "error: ssh:localhost: /no/such is not there", "--install"),
      ("other", "error: ssh:localhost: /bin/false does not start there", "--install"),
    ] {
      let own = part(name)
      let lines = own.split(separator: "\n")
      #expect(lines.count { $0.hasPrefix("error: ") } == 1, "\(name): \(text)")
      #expect(
        lines.first { $0.hasPrefix("error: ") }?.lowercased().contains(error.lowercased()) == true, "\(name): \(own)")
      #expect(
        lines.contains { $0.hasPrefix("note: ") && $0.contains(note.replacing("note: ", with: "")) }, "\(name): \(own)")
      #expect(own.contains("status 125\n"), "\(name): \(own)")
    }
  }
}
