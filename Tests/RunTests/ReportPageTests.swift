// The page of `jitdebug report` in a real browser: what it shows, that it fits, and that it neither loads nor runs anything.

import Foundation
import TestSupport
import Testing

@Suite("report, the page")
struct ReportPageTests {
  let folder: RunFolder
  init() throws { folder = try RunFolder() }

  private static let program = """
    #include <cstdio>
    #include <unistd.h>
    #include "shape.h"
    namespace geometry {
    static int areas[1000];
    int area(int width, int height) { return areas[7] + width * height; }
    }
    int main() {
      std::printf("area %d\\n", geometry::area(6, twice(7)));
      std::fflush(stdout);
      for (;;) pause();
    }
    """

  private func page(_ arguments: String...) throws -> String {
    let path = folder.folder.file("report.html")
    let result = try TestSupport.run(
      [Workspace.jitdebug, "report", "-o", path] + arguments, environment: folder.environment, directory: folder.path)
    #expect(result.status == 0 && result.output == "\(path)\n", "\(result.errors)")
    #expect(result.errors == "")
    return path
  }

  /// What holds of every page in every width.
  private func check(_ browser: Browser, _ path: String, width: Int, isDark: Bool = false) throws {
    try browser.open(path, width: width, height: 900, isDark: isDark)
    try checkWhatIsOpen(browser, path, width)
    // The same with everything unfolded.
    _ = try browser.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    try checkWhatIsOpen(browser, path, width)
  }

  private func checkWhatIsOpen(_ browser: Browser, _ path: String, _ width: Int) throws {
    #expect(try browser.number("innerWidth") == width)
    #expect(try browser.number("document.documentElement.scrollWidth") <= width)
    // Nothing but tables, which scroll by themselves, sticks out.
    let wide = try browser.evaluate(
      """
      [...document.querySelectorAll('body *:not(svg *)')].filter(e => !e.closest('.scroll, .hidden'))
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 200))
      """)
    #expect(wide as? [String] == [])
    #expect(browser.complaints == [])
    #expect(browser.requests == [URL(filePath: path).absoluteString])
    #expect(try browser.number("document.scripts.length + document.images.length") == 0)
  }

  /// The names in the time line.
  private func steps(_ browser: Browser) throws -> [String] {
    let names = "[...document.querySelectorAll('.timeline .name')].map(e => e.firstChild.textContent.trim())"
    return try #require(try browser.evaluate(names) as? [String])
  }

  @Test("a running session: everything is on it, at a desk and on a phone, by day and by night")
  func running() throws {
    try folder.write("shape.h", "inline int twice(int x) { return x + x; }\n")
    try folder.write("shapes.cpp", Self.program)
    let process = try BackgroundProcess(
      folder.command(["shapes.cpp", "--", "-x", "<one> & \"two\""]), environment: folder.environment,
      directory: folder.path)
    try process.expect("area 84")
    let path = try page()
    let session = try #require(try folder.sessions().first)
    process.signal(SIGTERM)
    _ = try process.finish(closingInput: false)

    let browser = try Browser()
    for (width, isDark, name) in [(390, false, "phone"), (390, true, "phone-dark"), (1280, true, "desktop-dark")] {
      try check(browser, path, width: width, isDark: isDark)
      try browser.open(path, width: width, height: 900, isDark: isDark)
      try browser.keepScreenshot("report-\(name)")
    }
    try check(browser, path, width: 1280)
    #expect(try browser.text("document.documentElement.lang") == "en")
    #expect(try browser.text("document.querySelector('h1').textContent") == "shapes.cpp")
    let facts = try browser.text("document.querySelector('header').innerText")
    for fact in [
      try #require(session["id"] as? String), "x86_64-unknown-linux-gnu", "running", folder.path,
      "<one> & \"two\"", "\(try #require(session["pid"] as? Int))",
    ] {
      #expect(facts.contains(fact), "no \(fact) in \(facts)")
    }
    let sections = try browser.evaluate("[...document.querySelectorAll('main > section')].map(s => s.id)")
    #expect(
      sections as? [String]
        == ["findings", "timeline", "memory", "entries", "sources", "checks", "libraries", "tools"])
    // Links of the contents lead to headings.
    #expect(try browser.isTrue("[...document.querySelectorAll('nav a')].every(a => document.querySelector(a.hash))"))

    // The time line: a bar for each span, in the order of their beginnings, none beyond the axis.
    let spans = try #require(session["timeLine"] as? [[String: Any]])
    #expect(spans.count > 5)
    #expect(try browser.number("document.querySelectorAll('#timeline li > svg > rect').length") == spans.count)
    let names = try steps(browser)
    #expect(names.count == spans.count)
    for name in ["compile", "link", "look up symbols", "transfer and register"] {
      #expect(names.contains(name), "no \(name) in \(names)")
    }
    #expect(
      try browser.isTrue(
        """
        (() => { const bars = [...document.querySelectorAll('.timeline li > svg')].map(s =>
            [s.getBoundingClientRect(), s.querySelector('rect').getBoundingClientRect()]);
          return bars.every(([all, bar]) => bar.left >= all.left - 1 && bar.right <= all.right + 1 && bar.width > 0)
            && bars.every(([_, bar], i) => i == 0 || bar.left >= bars[i - 1][1].left - 1) })()
        """))

    // The image: code and data where the session says they are, each function in its place.
    let generation = try #require((session["generations"] as? [[String: Any]])?.first)
    let code = try #require(generation["code"] as? [String: Any])
    let image = try browser.text("document.querySelector('figure.image').innerText")
    for word in [
      "entry 0", ".text", ".data", try #require(code["start"] as? String), "geometry::area(int, int)", "main",
    ] {
      #expect(image.contains(word), "no \(word) in \(image)")
    }
    let parts = try #require(
      try browser.evaluate(
        """
        (() => { const box = n => document.querySelector('figure.image rect.' + n).getBoundingClientRect();
          const f = [...document.querySelectorAll('figure.image rect.function')].map(e => e.getBoundingClientRect());
          const all = document.querySelector('figure.image svg').getBoundingClientRect();
          return [box('code').width / all.width, box('code').left <= Math.min(...f.map(b => b.left)) + 1,
            Math.max(...f.map(b => b.right)) <= box('code').right + 4, box('data').left >= box('code').right - 2] })()
        """) as? [Any])
    #expect(parts.dropFirst().allSatisfy { $0 as? Bool == true }, "\(parts)")
    let whole = try #require(generation["data"] as? [String: Any])["size"] as? Double ?? 0
    let part = try #require(code["size"] as? Double)
    #expect(try #require(parts[0] as? Double) < part / whole + 0.02 && whole > part, "to scale: \(parts[0])")
    // The image is marked among the process's mappings.
    #expect(try browser.number("document.querySelectorAll('.memory rect.mark').length") == 1)
    #expect(try browser.number("document.querySelectorAll('.memory rect.linked').length") > 0)
    #expect(try browser.text("document.querySelector('.memory').innerText").contains("with entry 0"))

    #expect(try browser.text("document.querySelector('#findings').innerText").contains("Nothing was found wrong"))
    let sources = try browser.text("document.querySelector('#sources').innerText")
    #expect(sources.contains("shapes.cpp") && sources.contains("shape.h") && sources.contains("0 missing"))
    let libraries = try browser.text("document.querySelector('#libraries').innerText")
    #expect(libraries.contains("jitdebug-executor") && libraries.contains("libc.so.6"))
    #expect(try browser.text("document.querySelector('#tools').innerText").contains("lldb version 22"))
    try browser.open(path, width: 1280, height: 900)
    try browser.keepScreenshot("report-desktop")
    try browser.close()
  }

  @Test("a session that crashed: how it ended, what was linked, and sources that changed or went")
  func ended() throws {
    try folder.write("gone.h", "static inline int gone(int *p) { return *p; }\n")
    try folder.write("crash.c", "#include \"gone.h\"\nint main(void) { return gone((int *)8); }\n")
    #expect(try folder.run("crash.c").status == 128 + SIGSEGV)
    try FileManager.default.removeItem(atPath: folder.folder.file("gone.h"))
    try folder.write("crash.c", "int main(void) { return 0; }\n")
    let path = try page()
    let browser = try Browser()
    try check(browser, path, width: 390)
    try check(browser, path, width: 1280)
    let head = try browser.text("document.querySelector('.state').innerText")
    #expect(head.contains("killed by signal 11"))
    let crash = try browser.text("document.querySelector('#crash').innerText")
    for text in ["SIGSEGV: read of 0x8: the null pointer plus 8", "gone", "gone.h:1:", "p=0x", "main", "crash.c:2:"] {
      #expect(crash.contains(text), "no \(text) in \(crash)")
    }
    // Names of sources are on it, their text is not.
    #expect(!crash.contains("return gone"))
    #expect(try steps(browser).last == "run")
    #expect(try browser.text("document.querySelector('#entries').innerText").contains("generation 1"))
    #expect(try browser.text("document.querySelector('#memory').innerText").contains("has ended"))
    let sources = try browser.text("document.querySelector('#sources').innerText")
    #expect(sources.contains("1 changed") && sources.contains("1 missing") && sources.contains("--source-root"))
    try browser.keepScreenshot("report-ended")
    try browser.close()
  }

  @Test("names that are markup stay names")
  func hostile() throws {
    let name = "<img src=x onerror=alert(1)>.c"
    let symbol = "</title></style></svg><script>alert(document.domain)</script>"
    try folder.write(
      name,
      """
      #include <stdio.h>
      #include <unistd.h>
      extern int f(int) __asm__("\(symbol)");
      int f(int x) { return x + 1; }
      int main(void) { printf("%d\\n", f(1)); fflush(stdout); for (;;) pause(); }
      """)
    let process = try BackgroundProcess(
      folder.command([name, "--", "\" onload=\"alert(2)", "'><svg onload=alert(3)>", "a\u{1b}[31m\u{202e}b"]),
      environment: folder.environment, directory: folder.path)
    try process.expect("2")
    let path = try page()
    process.signal(SIGTERM)
    _ = try process.finish(closingInput: false)
    let browser = try Browser()
    try check(browser, path, width: 390)
    try check(browser, path, width: 1280)
    let text = try browser.text("document.body.textContent")
    for piece in [name, symbol, "\" onload=\"alert(2)", "'><svg onload=alert(3)>", "a\u{fffd}[31m\u{fffd}b"] {
      #expect(text.contains(piece), "no \(piece)")
    }
    // Neither an attribute nor an element has come of them.
    let handlers = try browser.evaluate(
      """
      [...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on')))
        .map(e => e.outerHTML)
      """)
    #expect(handlers as? [String] == [])
    #expect(try browser.text("document.title").hasPrefix("jitdebug report: session "))
    let tags = try browser.evaluate("[...new Set([...document.querySelectorAll('*')].map(e => e.localName))].sort()")
    #expect((tags as? [String])?.contains("script") == false && (tags as? [String])?.contains("img") == false)
    #expect(try String(contentsOfFile: path, encoding: .utf8).contains("://") == false)
    try browser.close()
  }

  @Test("another JIT's process: its entries and their findings")
  func foreign() throws {
    try folder.write("unit.c", "int unit(int x) {\n  return x * 3;\n}\n")
    try folder.tool(
      "clang-22", "-g", "-nostdlib", "-static", "-fuse-ld=lld", "-Wl,--entry=unit", "-Wl,--image-base=0x10000000",
      "unit.c", "-o", "unit")
    try folder.tool("clang-22", Workspace.root + "/Tests/Fixtures/jit_entries.c", "-o", "host")
    // Its code is registered, but not there.
    let process = try BackgroundProcess(
      [folder.folder.file("host"), "+" + folder.folder.file("unit")], environment: folder.environment)
    try process.expect("ready")
    let path = try page("--pid", "\(process.pid)")
    _ = try process.finish()
    let browser = try Browser()
    try check(browser, path, width: 390)
    try check(browser, path, width: 1280)
    #expect(try browser.text("document.querySelector('h1').textContent") == "process \(process.pid)")
    let finding = try browser.text("document.querySelector('.finding.error').innerText")
    #expect(
      finding.contains("code-gone") && finding.contains("entry 0") && finding.contains("What helps:"), "\(finding)")
    let entry = try browser.text("document.querySelector('#entries .entry').innerText")
    #expect(entry.contains("code-gone") && entry.contains("unit.c"), "\(entry)")
    #expect(try browser.isTrue("document.querySelector('#timeline') === null"))
    try browser.keepScreenshot("report-foreign")
    try browser.close()
  }
}
