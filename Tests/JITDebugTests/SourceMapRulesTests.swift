// The smallest set of prefix rules, against an exhaustive search.

import Testing

@testable import JITDebug

@Suite("Prefix rules")
struct SourceMapRulesTests {
  private func rules(_ wishes: [(String, PrefixRules.Wish)]) -> [SourceRule] {
    PrefixRules.derive(wishes.map { (path: $0.0, wish: $0.1) })
  }

  @Test("one rule for a moved tree, none for files where they were")
  func movedTree() {
    let found = rules([
      ("/build/app/src/a.c", .lead(to: "/home/u/app/src/a.c")),
      ("/build/app/lib/b.c", .lead(to: "/home/u/app/lib/b.c")),
      ("/usr/include/stdio.h", .lead(to: "/usr/include/stdio.h")),
    ])
    #expect(found == [SourceRule(from: "/build/app", to: "/home/u/app")])
    #expect(PrefixRules.apply(found, to: "/build/app/src/a.c") == "/home/u/app/src/a.c")
  }

  @Test("a part that lies elsewhere gets a longer rule, which comes first")
  func exception() {
    let found = rules([
      ("/b/p/src/a.c", .lead(to: "/h/p/src/a.c")), ("/b/p/src/c.c", .lead(to: "/h/p/src/c.c")),
      ("/b/p/gen/g.c", .lead(to: "/out/gen/g.c")),
    ])
    #expect(found.count == 2)
    #expect(found.first == SourceRule(from: "/b/p/gen", to: "/out/gen"))
  }

  @Test("no rule covers a file that must stay untouched")
  func untouched() {
    let found = rules([
      ("/b/s/a.c", .lead(to: "/h/s/a.c")), ("/b/s/x.c", .untouched), ("/b/t/y.c", .lead(to: "/h/t/y.c")),
    ])
    #expect(PrefixRules.apply(found, to: "/b/s/x.c") == "/b/s/x.c")
    #expect(PrefixRules.apply(found, to: "/b/s/a.c") == "/h/s/a.c")
    #expect(PrefixRules.apply(found, to: "/b/t/y.c") == "/h/t/y.c")
  }

  @Test("relative paths")
  func relative() {
    let found = rules([("src/a.c", .lead(to: "/h/p/src/a.c")), ("b.c", .lead(to: "/h/p/b.c"))])
    #expect(found == [SourceRule(from: ".", to: "/h/p")])
  }

  @Test("renamed and overlapping prefixes", arguments: [("/a", "/ab/x.c"), ("/a/b", "/a/bc/x.c")])
  func wholeComponents(prefix: String, path: String) {
    #expect(SourceRule(from: prefix, to: "/z").apply(to: path) == nil)
  }

  /// Small random trees; every subset of sensible rules is tried.
  @Test("is minimal", arguments: 0..<60)
  func minimal(seed: Int) {
    var random = RandomNumbers(state: UInt64(seed) &* 7919 &+ 1)
    let folders = ["/r/a", "/r/b", "/r/a/c", "/s"]
    let targets = ["/x/r/a", "/x/r/b", "/x/r/a/c", "/x/s", "/y/a", "/y", "/r/a"]
    var wishes: [(path: String, wish: PrefixRules.Wish)] = []
    for number in 0..<4 {
      let path = "\(folders[random.below(folders.count)])/f\(number).c"
      let target = "\(targets[random.below(targets.count)])/f\(number).c"
      wishes.append((path, .lead(to: random.below(4) == 0 ? path : target)))
    }
    let found = PrefixRules.derive(wishes)
    #expect(leadsRight(found, wishes))

    var possible: Set<SourceRule> = []
    for (path, wish) in wishes {
      guard case .lead(let target) = wish else { continue }
      var (from, to) = (SourcePath.components(path), SourcePath.components(target))
      while true {
        possible.insert(SourceRule(from: "/" + from.joined(separator: "/"), to: "/" + to.joined(separator: "/")))
        guard let x = from.popLast(), let y = to.popLast(), x == y else { break }
      }
    }
    let all = Array(possible).sorted { $0.from.count > $1.from.count }
    #expect(!hasSolution(all, size: found.count - 1, wishes), "fewer than \(found) suffice")
  }

  private func leadsRight(_ rules: [SourceRule], _ wishes: [(path: String, wish: PrefixRules.Wish)]) -> Bool {
    wishes.allSatisfy { path, wish in
      guard case .lead(let target) = wish else { return true }
      return PrefixRules.apply(rules, to: path) == target
    }
  }

  private func hasSolution(_ all: [SourceRule], size: Int, _ wishes: [(path: String, wish: PrefixRules.Wish)]) -> Bool {
    func search(_ start: Int, _ chosen: [SourceRule]) -> Bool {
      if chosen.count == size { return leadsRight(chosen, wishes) }
      for index in start..<max(start, all.count) where search(index + 1, chosen + [all[index]]) { return true }
      return false
    }
    return size >= 0 && search(0, [])
  }
}

/// A small generator, the same on every run.
struct RandomNumbers {
  var state: UInt64
  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((z ^ (z >> 31)) % UInt64(bound))
  }
}
