// Parts of reports by themselves: escaping, quantities, the clusters of the memory map, and values at the limits.

import TestSupport
import Testing

@testable import JITDebug

@Suite struct ReportTests {
  @Test func everythingButOurOwnMarkupIsEscaped() {
    let name = "<b title=\"x\" id='y'>&\u{0}\u{202e}</b>"
    let inner: HTML = "<i>\(name)</i>"
    let html: HTML = "<p class=\"\(name)\">\(inner)\(7) \(TargetAddress(0x1000))</p>"
    let escaped = "&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;\u{fffd}\u{fffd}&lt;/b&gt;"
    #expect(html.markup == "<p class=\"\(escaped)\"><i>\(escaped)</i>7 0x1000</p>")
  }

  @Test func numbersHaveNeitherExponentsNorTooManyDigits() {
    for (number, text) in [
      (0, "0"), (1e-9, "0"), (12.3456, "12.346"), (100, "100"), (-0.5, "-0.5"), (-0.0001, "0"), (99.9996, "100"),
      (.nan, "0"), (.infinity, "0"), (1e300, "0"), (0.05, "0.05"),
    ] as [(Double, String)] {
      #expect(HTML.decimal(number) == text)
    }
    let sizes: [(UInt64, String)] = [
      (0, "0 bytes"), (1, "1 byte"), (1023, "1023 bytes"), (1024, "1 KiB"), (1_500_000, "1.43 MiB"), (.max, "16 EiB"),
    ]
    for (size, text) in sizes { #expect(Quantity.bytes(size) == text) }
    #expect(Quantity.milliseconds(0.25) == "0.25 ms")
    #expect(Quantity.milliseconds(1234) == "1.23 s")
    #expect(Quantity.milliseconds(600_000) == "10 min")
    #expect(Quantity.milliseconds(.infinity) == "16666666666 min")
  }

  private func mapping(_ start: UInt64, _ size: UInt64, _ path: String = "", access: String = "rw-") -> MemoryMapping {
    MemoryMapping(
      range: TargetRange(start: TargetAddress(start), size: size), isReadable: access.contains("r"),
      isWritable: access.contains("w"), isExecutable: access.contains("x"), offset: 0, path: path)
  }

  @Test func mappingsFormClustersAndKeepTheirKinds() throws {
    var content = ReportContent(subject: "test")
    content.mappings = [
      mapping(0x10000, 0x1000, "/bin/program", access: "r-x"), mapping(0x11000, 0x2000, "/bin/program"),
      mapping(0x20000, 0x1000, "[heap]"),
      // Far from those, with reserved addresses between that would make all else invisible.
      mapping(0x7f00_0000_0000, 0x4000, access: "r-x"),
      mapping(0x7f00_0000_4000, 0x4000_0000, access: "---"), mapping(0x7f00_5000_0000, 0x1000, "/lib/data"),
      mapping(0xffff_ffff_ff60_0000, 0x1000, "[vsyscall]", access: "--x"),
    ]
    content.modules = [
      ReportContent.Module(
        path: "/bin/program", range: TargetRange(start: TargetAddress(0x10000), size: 0x3000), isProgram: true,
        isDeleted: false)
    ]
    let code = TargetRange(start: TargetAddress(0x7f00_0000_1000), size: 0x100)
    content.images = [
      try #require(
        ReportImage("code", sections: [.init(name: ".text", range: code, isExecutable: true)], functions: []))
    ]
    let groups = MemoryGroups(content).groups
    #expect(groups.map { $0.pieces.map(\.kind) } == [[.program, .heap], [.linked], [.file], [.kernel]])
    #expect(groups[0].pieces[0].mappings.count == 2)
    #expect(groups.map(\.images) == [[], [0], [], []])
    #expect(groups[0].mapped == 0x4000)
  }

  @Test func claimsAtTheEndOfAddressesAreDrawnOrLeftOut() {
    let last = TargetRange(start: TargetAddress(.max - 1), size: 10)
    #expect(ReportImage("x", sections: [.init(name: "a", range: last, isExecutable: true)], functions: []) == nil)
    let all = TargetRange(start: TargetAddress(0), size: .max)
    #expect(all.percent(TargetAddress(.max)) == 100)
    #expect(all.percent(TargetAddress(0)) == 0)
    var content = ReportContent(subject: "test")
    content.images = [ReportImage("x", sections: [.init(name: "a", range: all, isExecutable: true)], functions: [])!]
    #expect(ReportPage(content).text.contains("16 EiB"))
  }

  @Test func aTimeLineEndsWhereItsOthersEnd() {
    func rows(_ spans: [TimeLine.Span]) -> String { TimeLineSection(spans).html?.markup ?? "" }
    #expect(TimeLineSection([]).html == nil)
    // An hour's run leaves room for its start, and is told in full.
    let long = rows([
      TimeLine.Span(name: "link", track: .linker, start: 0, duration: 50),
      TimeLine.Span(name: "run", track: .target, start: 50, duration: 3_600_000),
    ])
    #expect(long.contains("60 min") && long.contains("class=\"cut\""))
    #expect(long.contains("width=\"80%\""))
    // One that goes on has no end either, and what is no number is left out.
    let open = rows([
      TimeLine.Span(name: "link", track: .linker, start: 0, duration: 50),
      TimeLine.Span(name: "run", track: .target, start: 50),
      TimeLine.Span(name: "odd", track: .target, start: .nan, duration: 1),
    ])
    #expect(open.contains("goes on") && !open.contains("odd"))
    let many = rows((0..<500).map { TimeLine.Span(name: "compile", track: .compiler, start: Double($0), duration: 1) })
    #expect(many.contains("440 shorter spans are left out"))
    #expect(rows([TimeLine.Span(name: "zero", track: .linker, start: 0, duration: 0)]).contains("zero"))
  }

  @Test func aPageOfNothingSaysSo() {
    var content = ReportContent(subject: "process 1")
    content.problems = [JITDebugError(.system, "process 1", "cannot be read")]
    let page = ReportPage(content).text
    #expect(page.contains("process 1: cannot be read"))
    #expect(!page.contains("id=\"memory\""))
  }
}
