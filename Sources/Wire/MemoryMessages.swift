// Requests to the executor's memory manager and library look-up, in the layout of LLVM 22's SPSFinalizeRequest and friends.

/// The protection of a segment, as the bits of LLVM's RemoteAllocGroup.
package struct SegmentAccess: OptionSet, Equatable, Sendable {
  package var rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package static let read = SegmentAccess(rawValue: 1)
  package static let write = SegmentAccess(rawValue: 2)
  package static let execute = SegmentAccess(rawValue: 4)
  /// The memory is needed only until the finalize actions have run.
  package static let finalizeLifetime = SegmentAccess(rawValue: 8)
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

/// What to run when memory becomes ready, and what undoes it.
package struct AllocationAction: Equatable, Sendable {
  package var finalize: WrapperCall
  package var deallocate: WrapperCall
  package init(finalize: WrapperCall, deallocate: WrapperCall = .none) {
    self.finalize = finalize
    self.deallocate = deallocate
  }
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
  package var actions: [AllocationAction] = []

  package init() { storage = [] }

  package mutating func append(access: SegmentAccess, address: UInt64, size: UInt64, content: [UInt8]) {
    let start = storage.count
    storage.append(contentsOf: content)
    segments.append(Segment(access: access, address: address, size: size, content: start..<storage.count))
  }

  /// Reads a request from what is left of a message; contents stay in the message's own bytes.
  package init(from reader: inout SPSReader) throws(WireError) {
    storage = reader.bytes
    segments = try reader.sequence(minimumSize: 25) { (r: inout SPSReader) throws(WireError) in
      Segment(
        access: SegmentAccess(rawValue: try r.u8()), address: try r.address(), size: try r.u64(),
        content: try r.byteRange())
    }
    actions = try reader.sequence(minimumSize: 32) { (r: inout SPSReader) throws(WireError) in
      AllocationAction(finalize: try WrapperCall(from: &r), deallocate: try WrapperCall(from: &r))
    }
  }

  package func encode(to writer: inout SPSWriter) {
    writer.append(sequence: segments) { w, segment in
      w.append(u8: segment.access.rawValue)
      w.append(address: segment.address)
      w.append(u64: segment.size)
      w.append(bytes: Array(storage[segment.content]))
    }
    writer.append(sequence: actions) { w, action in
      action.finalize.encode(to: &w)
      action.deallocate.encode(to: &w)
    }
  }
}

extension WrapperCall {
  package init(from reader: inout SPSReader) throws(WireError) {
    function = try reader.address()
    arguments = try reader.byteSequence()
  }

  package func encode(to writer: inout SPSWriter) {
    writer.append(address: function)
    writer.append(bytes: arguments)
  }
}

/// One name of a `dylibResolve` request.
package struct SymbolQuery: Equatable, Sendable {
  package var name: WireString
  package var isRequired: Bool
  package init(name: WireString, isRequired: Bool) {
    self.name = name
    self.isRequired = isRequired
  }

  package init(from reader: inout SPSReader) throws(WireError) {
    name = try reader.string()
    isRequired = try reader.bool()
  }

  package func encode(to writer: inout SPSWriter) {
    writer.append(string: name)
    writer.append(bool: isRequired)
  }
}

/// One answer of `dylibResolve`: an SPSExecutorSymbolDef, or nothing.
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
