// The calls of a session that are under way: the controller's that wait for their turn, the program's that wait for an
// answer. Both are linked lists, which take less code than arrays.

/// A call that the controller has sent.
final class IncomingCall {
  let sequenceNumber: UInt64
  let function: UInt64
  let arguments: [UInt8]
  /// The call that arrived after this one.
  fileprivate var next: IncomingCall?

  init(sequenceNumber: UInt64, function: UInt64, arguments: [UInt8]) {
    self.sequenceNumber = sequenceNumber
    self.function = function
    self.arguments = arguments
  }
}

/// First in, first out.
struct CallQueue {
  private var first: IncomingCall?
  private var last: IncomingCall?

  var isEmpty: Bool { first == nil }

  mutating func append(_ call: IncomingCall) {
    if let last { last.next = call } else { first = call }
    last = call
  }

  mutating func removeFirst() -> IncomingCall? {
    let call = first
    first = call?.next
    if first == nil { last = nil }
    return call
  }
}

/// A call of JITed code to the controller.
final class OutgoingCall {
  let sequenceNumber: UInt64
  /// Nil until the controller has answered.
  var result: [UInt8]?
  /// The one before this that has not been answered either.
  fileprivate var previous: OutgoingCall?

  fileprivate init(sequenceNumber: UInt64, previous: OutgoingCall?) {
    self.sequenceNumber = sequenceNumber
    self.previous = previous
  }
}

struct OutgoingCalls {
  private var last: OutgoingCall?
  private var count: UInt64 = 0

  mutating func add() -> OutgoingCall {
    count += 1
    let call = OutgoingCall(sequenceNumber: count, previous: last)
    last = call
    return call
  }

  /// Takes a call out; nil if there is none of that number.
  mutating func remove(_ sequenceNumber: UInt64) -> OutgoingCall? {
    var later: OutgoingCall?
    var next = last
    while let call = next {
      next = call.previous
      if call.sequenceNumber == sequenceNumber {
        if let later { later.previous = next } else { last = next }
        return call
      }
      later = call
    }
    return nil
  }
}
