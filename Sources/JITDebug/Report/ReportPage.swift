// The report as one HTML file: no script, nothing loaded from elsewhere, readable in any width.

/// The whole page.
package struct ReportPage: Sendable {
  let content: ReportContent

  package init(_ content: ReportContent) { self.content = content }

  /// One HTML file.
  package var text: String {
    let sections: [(id: String, title: String, content: HTML?)] = [
      ("problems", "Not in this report", problems),
      ("crash", "Crash", CrashSection(content.crash).html),
      ("findings", "Findings", FindingSection(content).html),
      ("timeline", "Time line", TimeLineSection(content.timeLine).html),
      ("memory", "Memory map", MemorySection(content).html),
      ("entries", "Registered code", EntrySection(content).html),
      ("sources", "Sources", SourceSection(content.sources).html),
      ("checks", "Checks", checks),
      ("libraries", "Program and libraries", LibrarySection(content).html),
      ("tools", "Tools", tools),
    ]
    let shown = sections.filter { $0.content != nil }
    let links = shown.map { "<li><a href=\"#\($0.id)\">\($0.title)</a></li>\n" as HTML }.joined()
    let body = shown.map { HTML.section($0.id, $0.title, $0.content!) }.joined()
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="generator" content="jitdebug">
      <title>jitdebug report: \(content.subject)</title>
      <style>
      \(Self.style)</style>
      </head>
      <body>
      <header>
      \(HeaderSection(content).html)</header>
      <nav aria-label="Sections"><ul>
      \(links)</ul></nav>
      <main>
      \(body)</main>
      <footer>Made by jitdebug on <time datetime="\(content.created)">\(Self.readable(content.created))</time>. Everything is in this
      file: it loads nothing and runs nothing.</footer>
      </body>
      </html>

      """
    return page.markup
  }

  /// A time of day is easier to read without the T.
  static func readable(_ time: String) -> String {
    guard time.utf8.count == 24, time.hasSuffix("Z") else { return time }
    return time.replacing("T", with: " ").dropLast(5) + " UTC"
  }

  private var problems: HTML? {
    guard !content.problems.isEmpty else { return nil }
    let items = content.problems.map { problem in
      let subject = problem.subject.isEmpty ? "" : "\(problem.subject): "
      return "<li>\(subject + problem.reason)</li>\n" as HTML
    }
    return "<ul>\n\(items.joined())</ul>\n"
  }

  /// Findings on the code have a section of their own.
  private var checks: HTML? {
    guard let checkup = content.checkup else { return nil }
    let rows: [[HTML]] = checkup.checks.map { check in
      let remedies = check.passed ? [] : check.findings.map(\.remedy)
      let help = remedies.prefix(1).map { "<p class=\"remedy\"><b>What helps:</b> \($0)</p>" as HTML }.joined()
      return [
        HTML.code(check.id.rawValue), check.passed ? "ok" : FindingSection.label(.error), "\(check.evidence)\(help)",
      ]
    }
    return .table("What commonly breaks", ["Check", "Result", "Seen"], rows)
  }

  private var tools: HTML? {
    guard !content.tools.isEmpty else { return nil }
    return .table(
      "Tools and their versions", ["Tool", "Version"],
      content.tools.map { HTML.cells($0.name, $0.version ?? "not found") })
  }
}
