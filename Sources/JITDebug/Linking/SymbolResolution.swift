// Which definition of each symbol wins, which archive members are needed, and what is left for the target's libraries:
// a static linker's rules (System V gABI, "Symbol Table"; archives as in ld, but searched until nothing more is needed).

import OrcBridge

/// The outcome of symbol resolution over all inputs of one generation.
package struct SymbolResolution {
  /// The objects to link, archive members included, in link order.
  package private(set) var objects: [ObjectFile] = []

  /// A symbol that no input defines.
  package struct External {
    package var name: String
    /// The first object that refers to it.
    package var referrer: String
    /// Whether it may stay undefined; its address is 0 then.
    package var isWeak: Bool
  }

  private struct Definition {
    var object: Int
    var symbol: Int
    var kind: orc_symbol_kind
    var size: UInt64
  }
  private var definitions: [String: Definition] = [:]
  /// The running program that these inputs become part of, and their names.
  private let program: ReplaceableProgram?
  private let replaced: Set<String>
  /// Undefined names in the order in which they came up.
  private var wanted: [(name: String, object: Int, isWeak: Bool)] = []

  /// - Parameters:
  ///   - entry: a symbol that archives must provide too, such as `main`.
  ///   - program: a running program in which these objects take the place of those of the same names.
  ///   - check: refuses bytes that are no object for the target; called for each archive member taken.
  package init(
    objects inputs: [ObjectFile], archives: [ArchiveFile], entry: String, program: ReplaceableProgram? = nil,
    check: (FileBytes, String) throws(JITDebugError) -> Void
  ) throws(JITDebugError) {
    self.program = program
    replaced = program == nil ? [] : Set(inputs.map(\.name))
    for object in inputs { try add(object) }
    wanted.insert((entry, 0, false), at: 0)
    try takeMembers(of: archives, check: check)
    wanted.removeFirst()
  }

  /// Every symbol that no input defines, once, in the order of first use.
  package var externals: [External] {
    var externals: [External] = []
    var seen: [String: Int] = [:]
    for use in wanted where !defines(use.name) && !isSectionBound(use.name) {
      if let index = seen[use.name] {
        if !use.isWeak && externals[index].isWeak {
          externals[index].isWeak = false
          externals[index].referrer = objects[use.object].name
        }
      } else {
        seen[use.name] = externals.count
        externals.append(External(name: use.name, referrer: objects[use.object].name, isWeak: use.isWeak))
      }
    }
    return externals
  }

  /// Whether the linker itself defines the symbol, as a bound of a section of that name.
  private func isSectionBound(_ name: String) -> Bool {
    for prefix in ["__start_", "__stop_"] where name.hasPrefix(prefix) {
      let section = String(name.dropFirst(prefix.count))
      return objects.contains { $0.hasSection(section) }
    }
    return false
  }

  /// Whether some input defines the symbol, or the program that they become part of does.
  package func defines(_ name: String) -> Bool { definitions[name] != nil || program?.defines(name) == true }

  /// Which object has the definition that counts.
  var owners: [(name: String, object: String, isStrong: Bool)] {
    definitions.map { ($0.key, objects[$0.value.object].name, $0.value.kind == ORC_SYMBOL_STRONG) }
  }

  private mutating func add(_ object: ObjectFile) throws(JITDebugError) {
    let number = objects.count
    objects.append(object)
    for (index, symbol) in object.symbols.enumerated() {
      switch symbol.kind {
      case ORC_SYMBOL_UNDEFINED, ORC_SYMBOL_UNDEFINED_WEAK:
        wanted.append((symbol.name, number, symbol.kind == ORC_SYMBOL_UNDEFINED_WEAK))
      default:
        if let owner = program?.keepsDefinition(of: symbol.name, against: replaced) {
          guard symbol.kind == ORC_SYMBOL_STRONG else {
            object.discard(symbolAt: index)
            continue
          }
          if owner.isStrong { throw duplicate(symbol.name, object.name, owner.object) }
        }
        let new = Definition(object: number, symbol: index, kind: symbol.kind, size: symbol.size)
        try define(symbol.name, new)
      }
    }
  }

  private mutating func define(_ name: String, _ new: Definition) throws(JITDebugError) {
    guard let old = definitions[name] else {
      definitions[name] = new
      return
    }
    if new.kind == ORC_SYMBOL_STRONG && old.kind == ORC_SYMBOL_STRONG {
      throw duplicate(name, objects[new.object].name, objects[old.object].name)
    }
    // Strong beats common beats weak; of two commons the larger one is kept, of two weak ones the first.
    let newWins: Bool
    switch (new.kind, old.kind) {
    case (ORC_SYMBOL_STRONG, _): newWins = true
    case (_, ORC_SYMBOL_STRONG): newWins = false
    case (ORC_SYMBOL_COMMON, ORC_SYMBOL_COMMON): newWins = new.size > old.size
    case (ORC_SYMBOL_COMMON, _): newWins = true
    default: newWins = false
    }
    let loser = newWins ? old : new
    objects[loser.object].discard(symbolAt: loser.symbol)
    if newWins { definitions[name] = new }
  }

  private func duplicate(_ name: String, _ object: String, _ other: String) -> JITDebugError {
    JITDebugError(
      .input, object, "duplicate definition of '\(demangled(name))', already defined in \(other)",
      remedy: "rename one of them, make it static, or leave one of the files out")
  }

  /// Takes every member of the archives that defines something undefined, and what those members need in turn.
  package mutating func takeMembers(
    of archives: [ArchiveFile], check: (FileBytes, String) throws(JITDebugError) -> Void
  ) throws(JITDebugError) {
    guard !archives.isEmpty else { return }
    var taken: [Set<Int>] = archives.map { _ in [] }
    var next = 0
    // The list grows while members are added.
    while next < wanted.count {
      let use = wanted[next]
      next += 1
      // Weak references take no members out of archives.
      guard !use.isWeak, !defines(use.name) else { continue }
      for (number, archive) in archives.enumerated() {
        guard let member = archive.index[use.name] else { continue }
        if taken[number].insert(member).inserted { try add(try archive.object(at: member, check: check)) }
        break
      }
    }
  }
}
