// What the linker hands to the debug image: one link generation, at its final addresses.

/// One link generation as JITLink left it: where it lies in the target, its symbols and its merged, relocated debug info.
package struct LinkedImage: Sendable {
  package struct Symbol: Sendable {
    package enum Kind: Sendable { case function, object, other }
    package var name: String
    package var address: TargetAddress
    /// In bytes; 0 if the object file did not say.
    package var size: UInt64
    package var kind: Kind
    package var isLocal: Bool
    /// A function of which the debug info tells debuggers all that its symbol would.
    package var isDescribed = false
  }

  package struct DebugSection: Sendable {
    /// With its leading dot, such as `.debug_info`.
    package var name: String
    package var bytes: [UInt8]
    package init(name: String, bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// The ELF e_machine of the code (EM_X86_64 is 62).
  package var machine: UInt16
  /// The ELF e_flags of the code: RISC-V and some others say there which ABI and extensions it uses.
  package var machineFlags: UInt32
  package var is64Bit: Bool
  package var isLittleEndian: Bool
  /// All executable memory of the generation.
  package var code: TargetRange
  /// The end of `code` if it holds stubs that lead to functions, which debuggers are to step through; nil if there are none.
  package var stubs: TargetRange?
  /// All other memory of the generation (read-only data, data, bss), disjoint from `code`.
  package var data: TargetRange
  package var symbols: [Symbol]
  /// Merged sections of the same name, every reference already final.
  package var debugSections: [DebugSection]
  /// The relocated `.eh_frame` and the address it will be loaded at; nil if there is none.
  package var ehFrame: (address: TargetAddress, bytes: [UInt8])?

  package init(
    machine: UInt16, machineFlags: UInt32 = 0, is64Bit: Bool = true, isLittleEndian: Bool = true, code: TargetRange,
    data: TargetRange, symbols: [Symbol], debugSections: [DebugSection],
    ehFrame: (address: TargetAddress, bytes: [UInt8])?, stubs: TargetRange? = nil
  ) {
    self.machine = machine
    self.machineFlags = machineFlags
    self.is64Bit = is64Bit
    self.isLittleEndian = isLittleEndian
    self.code = code
    self.data = data
    self.symbols = symbols
    self.debugSections = debugSections
    self.ehFrame = ehFrame
    self.stubs = stubs
  }
}
