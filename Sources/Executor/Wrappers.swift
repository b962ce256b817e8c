// The boundary to C's wrapper functions: calls to JITed ones, and calls from C to the executor's own.
import ExecutorSystem
import Wire

/// What a wrapper function returns.
enum Reply {
  /// The serialised result.
  case bytes([UInt8])
  /// The function could not be called, or refused to be.
  case outOfBand(WireString)

  @inline(never) static func malformed(_ error: WireError) -> Reply {
    .outOfBand("malformed arguments: \(error.description)")
  }
}

enum Wrappers {
  /// Makes the executor's functions callable at their addresses.
  static func install() {
    wrapper_set_handlers(
      { number, data, size in
        guard let session = Session.current, let builtin = Builtin(rawValue: number) else {
          return Wrappers.buffer(for: .outOfBand("the executor has no such function"))
        }
        return Wrappers.buffer(for: builtin.reply(to: Wrappers.copy(data, size), in: session))
      },
      { tag, data, size in
        guard let session = Session.current else { return Wrappers.buffer(for: .outOfBand("no session")) }
        return Wrappers.buffer(for: session.dispatch(tag: tag, arguments: Wrappers.copy(data, size)))
      })
  }

  /// Calls the wrapper function at an address, whoever it belongs to.
  static func call(_ call: WrapperCall) -> Reply {
    var buffer = call.arguments.withUnsafeBufferPointer { wrapper_call(call.function, $0.baseAddress, $0.count) }
    defer { wrapper_buffer_free(&buffer) }
    if let message = wrapper_buffer_error_text(&buffer) { return .outOfBand(WireString(cString: message)) }
    return .bytes(copy(wrapper_buffer_bytes(&buffer), buffer.size))
  }

  /// Calls an allocation action, which returns an SPSError. A text means that it failed.
  static func runAction(_ action: WrapperCall) -> WireString? {
    switch call(action) {
    case .outOfBand(let message): return message
    case .bytes(let bytes):
      var reader = SPSReader(bytes)
      do { return try reader.error() } catch {
        return "malformed result of the allocation action at \(hex(action.function)): \(error.description)"
      }
    }
  }

  private static func copy(_ data: UnsafePointer<UInt8>?, _ size: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: data, count: data == nil ? 0 : size))
  }

  private static func buffer(for reply: Reply) -> wrapper_buffer {
    switch reply {
    case .bytes(let bytes): bytes.withUnsafeBufferPointer { wrapper_buffer_copy($0.baseAddress, $0.count) }
    case .outOfBand(let message): wrapper_buffer_error(message.cString)
    }
  }
}
