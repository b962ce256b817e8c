// Requests to the executor's memory manager and library look-up, in the layout of LLVM 22's SPSFinalizeRequest and
// friends.

/// The protection of a segment, as the bits of LLVM's RemoteAllocGroup.
package struct SegmentAccess: OptionSet, Equatable, Sendable {
  package var rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package static let read = SegmentAccess(rawValue: 1)
  package static let write = SegmentAccess(rawValue: 2)
  package static let execute = SegmentAccess(rawValue: 4)
  /// The memory is needed only until the finalize actions have run.
  package static let finalizeLifetime = SegmentAccess(rawValue: 8)
  /// The content is a block in LZ4's format that makes up the whole segment; see `BootstrapKey.compression`.
  package static let compressed = SegmentAccess(rawValue: 128)
}

/// A call with serialised arguments; address 0 means no call.
package struct WrapperCall: Equatable, Sendable {
  package var function: UInt64
  package var arguments: [UInt8]
  package init(function: UInt64, arguments: [UInt8]) {
    self.function = function
    self.arguments = arguments
  }
  package static let none = WrapperCall(function: 0, arguments: [])
}

/// The arguments of `memoryInitialize` after the manager's instance.
package struct FinalizeRequest: Sendable {
  package struct Segment: Sendable {
    package var access: SegmentAccess
    package var address: UInt64
    /// In bytes; what `content` does not cover is zero.
    package var size: UInt64
    /// The content's place in the message it came in or will be sent from.
    package var content: Range<Int>
  }

  /// Holds every segment's content.
  package private(set) var storage: [UInt8]
  package private(set) var segments: [Segment] = []
  /// What to run when the memory becomes ready and what undoes it, in turn.
  package var calls: [WrapperCall] = []

  package init() { storage = [] }

  package mutating func append(access: SegmentAccess, address: UInt64, size: UInt64, content: [UInt8]) {
    let start = storage.count
    storage.append(contentsOf: content)
    segments.append(Segment(access: access, address: address, size: size, content: start..<storage.count))
  }

  /// Reads a request from what is left of a message; contents stay in the message's own bytes.
  package init(from reader: inout SPSReader) throws(WireError) {
    storage = reader.bytes
    for _ in 0..<reader.nextSegmentCount() { segments.append(Segment(next: &reader)) }
    for _ in 0..<reader.nextCallCount() { calls.append(WrapperCall(next: &reader)) }
    try reader.check()
  }

  package func encode(to writer: inout SPSWriter) {
    writer.append(sequence: segments) { w, segment in
      w.append(u8: segment.access.rawValue)
      w.append(address: segment.address)
      w.append(u64: segment.size)
      w.append(bytes: Array(storage[segment.content]))
    }
    writer.append(u64: UInt64(calls.count / 2))
    for call in calls { call.encode(to: &writer) }
  }
}

extension FinalizeRequest.Segment {
  /// Reads a segment; see `SPSReader` about failures.
  @inline(never) package init(next reader: inout SPSReader) {
    access = SegmentAccess(rawValue: reader.nextU8())
    address = reader.nextU64()
    size = reader.nextU64()
    content = reader.nextByteRange()
  }
}

// The executor reads a request's parts where it needs them, for lists of them would take more code.
extension SPSReader {
  /// How many segments follow, and after them calls.
  package mutating func nextSegmentCount() -> Int { nextCount(minimumSize: 25) }
  /// How many calls follow: two for each action.
  package mutating func nextCallCount() -> Int { nextCount(minimumSize: 32) * 2 }

  @inline(never) package mutating func skipFinalizeRequest() {
    for _ in 0..<nextSegmentCount() { _ = FinalizeRequest.Segment(next: &self) }
    for _ in 0..<nextCallCount() { skipCall() }
  }

  @inline(never) package mutating func skipCall() {
    _ = nextU64()
    _ = nextByteRange()
  }
}

extension WrapperCall {
  /// Reads a call; see `SPSReader` about failures.
  package init(next reader: inout SPSReader) {
    function = reader.nextU64()
    arguments = reader.nextByteSequence()
  }

  package func encode(to writer: inout SPSWriter) {
    writer.append(address: function)
    writer.append(bytes: arguments)
  }
}

#if !hasFeature(Embedded)
  /// What to run when memory becomes ready, and what undoes it.
  package struct AllocationAction: Equatable, Sendable {
    package var finalize: WrapperCall
    package var deallocate: WrapperCall
    package init(finalize: WrapperCall, deallocate: WrapperCall = .none) {
      self.finalize = finalize
      self.deallocate = deallocate
    }
  }

  extension FinalizeRequest {
    package var actions: [AllocationAction] {
      get {
        stride(from: 0, to: calls.count - 1, by: 2).map {
          AllocationAction(finalize: calls[$0], deallocate: calls[$0 + 1])
        }
      }
      set { calls = newValue.flatMap { [$0.finalize, $0.deallocate] } }
    }
  }
#endif

/// One name of a `dylibResolve` request.
package struct SymbolQuery: Equatable, Sendable {
  package var name: WireString
  package var isRequired: Bool
  package init(name: WireString, isRequired: Bool) {
    self.name = name
    self.isRequired = isRequired
  }

  /// Reads a query; see `SPSReader` about failures.
  package init(next reader: inout SPSReader) {
    name = reader.nextString()
    isRequired = reader.nextBool()
  }

  package func encode(to writer: inout SPSWriter) {
    writer.append(string: name)
    writer.append(bool: isRequired)
  }
}

/// One answer of `dylibResolve`: an SPSExecutorSymbolDef, or nothing. As LLVM's executor does it, a symbol that does
/// not exist has no definition if it was required, and else one at address 0.
package struct SymbolDefinition: Equatable, Sendable {
  /// The bits of LLVM's JITSymbolFlags that matter here.
  package static let exported: UInt8 = 1 << 4
  package static let callable: UInt8 = 1 << 5

  package var address: UInt64
  package var flags: UInt8
  package var targetFlags: UInt8
  package init(address: UInt64, flags: UInt8, targetFlags: UInt8 = 0) {
    self.address = address
    self.flags = flags
    self.targetFlags = targetFlags
  }

  package static func decodeOptional(from reader: inout SPSReader) throws(WireError) -> SymbolDefinition? {
    guard try reader.bool() else { return nil }
    return SymbolDefinition(address: try reader.address(), flags: try reader.u8(), targetFlags: try reader.u8())
  }

  package static func encode(_ definition: SymbolDefinition?, to writer: inout SPSWriter) {
    writer.append(bool: definition != nil)
    guard let definition else { return }
    writer.append(address: definition.address)
    writer.append(u8: definition.flags)
    writer.append(u8: definition.targetFlags)
  }
}
