// `run --compress`: fewer bytes where the way is slow, and the same program.

import Foundation
import TestSupport
import Testing

@Suite("compressed transfers")
struct CompressionTests {
  let folder: RunFolder

  init() throws {
    folder = try RunFolder()
    try folder.write(
      "main.c",
      """
      #include <stdio.h>
      static const char text[20000] = "all of it";
      static int numbers[10000] = {[9999] = 23};
      static int zeros[10000];
      int main(void) {
        int sum = zeros[0];
        for (int i = 0; i < 10000; i++) sum += numbers[i] + text[i];
        printf("%s %d\\n", text, sum);
        return numbers[9999];
      }
      """)
  }

  private func statistics(_ options: [String]) throws -> [String: Int] {
    let result = try folder.run(options + ["--stats", "main.c"])
    #expect(result.status == 23 && result.output == "all of it 834\n", "\(result.errors)")
    let json = try JSONSerialization.jsonObject(with: result.standardError)
    return try #require(json as? [String: Any]).compactMapValues { $0 as? Int }
  }

  @Test("always and never, and auto, which is never for what runs here")
  func choices() throws {
    let content = try #require(try statistics(["--compress", "never"])["contentBytes"])
    #expect(content > 60_000)
    for (choice, isCompressed) in [("never", false), ("auto", false), ("always", true)] {
      let statistics = try statistics(["--compress", choice])
      #expect(statistics["contentBytes"] == content)
      let sent = try #require(statistics["bytesSent"])
      #expect(isCompressed ? sent < content / 10 : content < sent && sent < content + 4096, "\(choice): \(sent)")
    }
  }

  @Test("auto, where answers take their time")
  func slowWay() throws {
    try folder.write(
      "slow.py",
      """
      # Runs an executor over a line that takes 5 ms in each direction.
      import os, subprocess, sys, threading, time
      executor = subprocess.Popen([sys.argv[1], "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
      def carry(source, sink, count=0):
          while data := os.read(source, 1 << 16):
              time.sleep(0.005)
              count += len(data)
              try:
                  while data:
                      data = data[os.write(sink, data):]
              except BrokenPipeError:
                  break  # the executor has ended
          os.close(sink)
          return count
      threading.Thread(target=carry, args=(executor.stdout.fileno(), 1)).start()
      open("bytes", "w").write(str(carry(0, executor.stdin.fileno())))
      """)
    for (choice, isCompressed) in [("never", false), ("auto", true)] {
      let way = "exec:python3 \(folder.path)/slow.py \(folder.executor)"
      let statistics = try statistics(["--connect", way, "--compress", choice])
      let content = try #require(statistics["contentBytes"])
      let counted = try #require(Int(String(decoding: try folder.read("bytes"), as: UTF8.self)))
      #expect(isCompressed ? counted < content / 10 : counted > content, "\(choice): \(counted) of \(content)")
      #expect(try #require(statistics["bytesSent"]) <= counted)
    }
  }
}
