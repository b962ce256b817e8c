// Rule sets for hundreds of files: as small as an exhaustive search finds them, and never leading to another text.

import Foundation
import Testing

@testable import JITDebug

@Suite("Large source maps")
struct SourceMapSizeTests {
  /// Moved trees with parts elsewhere, in nested folders; some files stay where they are.
  private static func wishes(_ random: inout RandomNumbers, count: Int) -> [(path: String, target: String)] {
    let names = ["src", "lib", "gen", "net", "ui"]
    var moved: [String: String] = [:]
    return (0..<count).map { number in
      let folders = (0..<(1 + random.below(4))).map { _ in names[random.below(names.count)] }
      // The nearest folder above that has moved by itself says where a file is.
      for depth in 1...folders.count {
        let folder = folders.prefix(depth).joined(separator: "/")
        if moved[folder] == nil {
          moved[folder] = random.below(6) == 0 ? "/other\(random.below(3))/\(folder)" : ""
        }
      }
      var target = "/home/app/" + folders.joined(separator: "/")
      for depth in 1...folders.count {
        let folder = folders.prefix(depth).joined(separator: "/")
        if let place = moved[folder], !place.isEmpty {
          target = ([place] + folders.dropFirst(depth)).joined(separator: "/")
        }
      }
      let path = "/build/app/\(folders.joined(separator: "/"))/f\(number).c"
      return (path, random.below(20) == 0 ? path : "\(target)/f\(number).c")
    }
  }

  @Test("no smaller set exists for 400 paths", arguments: 0..<8)
  func minimal(seed: Int) {
    var random = RandomNumbers(state: UInt64(seed) + 11)
    let wishes = Self.wishes(&random, count: 400)
    let rules = PrefixRules.derive(wishes.map { (path: $0.path, wish: .lead(to: $0.target)) })
    for (path, target) in wishes { #expect(PrefixRules.apply(rules, to: path) == target) }
    var search = ExhaustiveSearch(wishes)
    #expect(rules.count == search.smallest())
    #expect(rules.count > 1)
  }

  @Test("never leads to another text: real files, namesakes, changed and missing ones", arguments: 0..<3)
  func contents(seed: Int) throws {
    var random = RandomNumbers(state: UInt64(seed) + 77)
    let scratch = try ScratchDirectory()
    let root = try #require(realpath(scratch.url.path, nil).map { String(cString: $0) })
    func write(_ text: String, _ path: String) throws {
      let url = URL(filePath: path)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: url, atomically: true, encoding: .utf8)
    }
    var files: [RecordedFile] = []
    var texts: [String: String] = [:]
    for (index, wish) in Self.wishes(&random, count: 320).enumerated() where wish.path != wish.target {
      // Few names, so that most files have namesakes.
      let name = "f\(index % 40).c"
      let path = "\(SourcePath.folder(wish.path))/\(name)"
      guard texts[path] == nil else { continue }
      let text = "// \(path) of seed \(seed)"
      texts[path] = text
      // One in eight is missing here.
      if random.below(8) != 0 { try write(text, "\(root)\(SourcePath.folder(wish.target))/\(name)") }
      let hasSum = random.below(4) != 0
      files.append(RecordedFile(path: path, md5: hasSum ? Self.md5(text) : nil, functions: 1))
    }
    let map = SourceMap(files: files, lookup: SourceLookup(roots: [root]), currentDirectory: "/")
    #expect(map.problems.isEmpty)
    #expect(map.count(.found) > 100)
    for entry in map.entries {
      let path = entry.file.path
      for place in [PrefixRules.apply(map.rules, to: path)]
        + map.debuggerRules.lldb.compactMap({ LLDBLookup.apply($0, to: path) })
      {
        guard place != path, let text = try? String(contentsOfFile: place, encoding: .utf8) else { continue }
        // Without a sum, only the name can tell.
        if entry.file.md5 != nil && entry.status == .found { #expect(text == texts[path], "\(path) -> \(place)") }
        if entry.status == .missing { Issue.record("\(path) is missing, but is led to \(place)") }
        if entry.status == .changed { #expect(place == entry.path) }
      }
      if entry.status == .found { #expect(PrefixRules.apply(map.rules, to: path) == entry.path) }
    }
  }

  private static func md5(_ text: String) -> [UInt8] {
    let file = FileManager.default.temporaryDirectory.appending(path: "jitdebug-sum-\(UUID().uuidString)")
    try? text.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    return HostFiles().sum(of: file.path) ?? []
  }
}

/// Tries every replacement at every folder. Unlike the code under test it goes from the root down, and counts only.
private struct ExhaustiveSearch {
  private final class Node {
    var children: [String: Node] = [:]
    var target: [String]?
    /// Every replacement that is right for some file below.
    var replacements: Set<[String]> = []
  }
  private struct State: Hashable {
    var node: ObjectIdentifier
    var inherited: [String]
  }

  private let root = Node()
  private var known: [State: Int] = [:]

  init(_ wishes: [(path: String, target: String)]) {
    for (path, target) in wishes {
      let (parts, places) = (SourcePath.components(path), SourcePath.components(target))
      var nodes = [root]
      for part in parts {
        let next = nodes.last!.children[part] ?? Node()
        nodes.last!.children[part] = next
        nodes.append(next)
      }
      nodes.last!.target = places
      for depth in 0...min(parts.count, places.count) {
        guard parts.suffix(depth).elementsEqual(places.suffix(depth)) else { break }
        nodes[parts.count - depth].replacements.insert(Array(places.dropLast(depth)))
      }
    }
  }

  mutating func smallest() -> Int { cost(root, []) }

  private mutating func cost(_ node: Node, _ inherited: [String]) -> Int {
    let state = State(node: ObjectIdentifier(node), inherited: inherited)
    if let known = known[state] { return known }
    var best = Int.max
    for replacement in node.replacements.union([inherited]) {
      if let target = node.target, target != replacement { continue }
      var sum = replacement == inherited ? 0 : 1
      for (name, child) in node.children { sum += cost(child, replacement + [name]) }
      best = min(best, sum)
    }
    known[state] = best
    return best
  }
}
