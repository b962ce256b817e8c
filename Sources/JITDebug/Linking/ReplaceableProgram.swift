// A program whose functions can be replaced while it runs: what its generations have in common.

import OrcBridge

/// The stubs, variables and names of a running program, over all generations, and the memory that they are linked into.
package final class ReplaceableProgram {
  /// The function at whose calls replacements take effect.
  package let reloadPoint: String
  let handle: OpaquePointer
  /// What the target's libraries define of what was needed so far.
  var externals: [String: TargetAddress] = [:]
  /// Which object has the definition of a name that counts, and whether another's would do as well.
  private var owners: [String: (object: String, isStrong: Bool)] = [:]
  /// One reservation for all generations: stubs and data are to be within the reach of calls.
  private var room: TargetRange?
  /// How many there are, the first one included.
  package private(set) var generations = 0
  /// What all but the newest take in the target's memory, in bytes: none of it is ever given back, as some of its code may be on a
  /// thread's stack, and objects that have not changed since lie there.
  package private(set) var oldBytes: UInt64 = 0
  private var newestBytes: UInt64 = 0

  /// In bytes, of address space only; AArch64's calls reach 128 MB.
  static let roomSize: UInt64 = 64 << 20

  package init(reloadPoint: String) {
    self.reloadPoint = reloadPoint
    handle = orc_program_create(reloadPoint)
  }

  deinit { orc_program_free(handle) }

  /// Where other objects find a symbol of the program, which for a function is its stub.
  package func address(of symbol: String) -> TargetAddress? {
    var address: UInt64 = 0
    return orc_program_find(handle, symbol, &address) ? TargetAddress(address) : nil
  }

  func defines(_ symbol: String) -> Bool { address(of: symbol) != nil }

  /// Whether the program's definition of a name stays although an object of the next generation has one: it lies in an object that
  /// is none of `objects`, the names of those which are linked again.
  func keepsDefinition(of name: String, against objects: Set<String>) -> (object: String, isStrong: Bool)? {
    guard let owner = owners[name], !objects.contains(owner.object) else { return nil }
    return owner
  }

  var point: orc_reload_point { orc_program_reload_point(handle) }

  /// Fails for a program that never would get to its reload point.
  func checkReloadPoint(_ input: String) throws(JITDebugError) {
    let option = "--reload-at \(reloadPoint)"
    guard point.handler != 0 else {
      throw JITDebugError(
        .usage, option, "no input defines the function '\(reloadPoint)'",
        remedy: "name a function that the program calls regularly, such as once per turn of its main loop")
    }
    guard point.is_called else {
      throw JITDebugError(
        .usage, option, "nothing calls '\(reloadPoint)', or the compiler has put it inside of its callers",
        remedy: "call it regularly, and declare it __attribute__((noinline)) if the program is optimised")
    }
  }

  /// The room for the next generation; nil if the whole reservation is used up, or there is none.
  func place(size: UInt64) -> TargetAddress? {
    guard let room, room.size >= size else { return nil }
    return room.start
  }

  func reserved(_ range: TargetRange) { room = range }

  /// A generation has been linked, at the start of the room if that was big enough.
  func add(_ generation: LinkGeneration, size: UInt64, definitions: [(name: String, object: String, isStrong: Bool)]) {
    generation.commit()
    if let old = room, old.start == generation.base {
      room = TargetRange(start: old.start + size, size: old.size - size)
    }
    for definition in definitions { owners[definition.name] = (definition.object, definition.isStrong) }
    oldBytes += newestBytes
    newestBytes = size
    generations += 1
  }
}
