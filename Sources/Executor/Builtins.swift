// Publishes the executor's functions on the wire: their names, the layout of their arguments and results.
import ExecutorSystem
import Wire

/// A function that controllers call by its address, which the setup message tells.
struct Builtin: Sendable {
  enum Order {
    /// After everything that arrived before, and before everything that follows.
    case inSequence
    /// Begins after everything that arrived before.
    case mainThread, ownThread
    /// Does not wait for anything.
    case atOnce
  }

  let name: String
  let order: Order
  private let body: Body

  /// Reads the arguments and returns the serialised result.
  typealias Body = @Sendable (Session, inout SPSReader) throws(WireError) -> [UInt8]

  init(_ name: String, _ order: Order = .inSequence, _ body: @escaping Body) {
    self.name = name
    self.order = order
    self.body = body
  }

  func reply(to arguments: [UInt8], in session: Session) -> Reply {
    var reader = SPSReader(arguments)
    do { return .bytes(try body(session, &reader)) } catch {
      return .outOfBand("malformed arguments: \(error.description)")
    }
  }

  /// The builtin whose wrapper has this number.
  static func numbered(_ number: UInt32) -> Builtin? {
    number < UInt32(all.count) ? all[Int(number)] : nil
  }

  /// The builtin at an address; nil if the address is none of the executor's.
  static func at(_ address: UInt64) -> Builtin? {
    let number = wrapper_number(address)
    return number < 0 ? nil : numbered(UInt32(number))
  }

  static func setupMessage() -> SetupMessage {
    var symbols: [SetupMessage.Symbol] = []
    for (number, builtin) in all.enumerated() {
      symbols.append(.init(name: builtin.name, address: wrapper_address(UInt32(number))))
    }
    symbols.append(.init(name: BootstrapSymbol.dispatchFunction, address: wrapper_dispatch_function()))
    // LLVM's objects; here the functions need none, and any address will do.
    for name in [BootstrapSymbol.dispatchContext, BootstrapSymbol.memoryManager, BootstrapSymbol.dylibManager] {
      symbols.append(.init(name: name, address: wrapper_dispatch_context()))
    }
    var pid = SPSWriter()
    pid.append(u64: UInt64(process_id()))
    var version = SPSWriter()
    version.append(string: executorVersion)
    return SetupMessage(
      triple: String(cString: process_triple()), pageSize: memory_page_size(),
      bootstrapMap: [
        .init(key: BootstrapKey.pid, bytes: pid.bytes), .init(key: BootstrapKey.version, bytes: version.bytes),
      ], bootstrapSymbols: symbols)
  }

  // MARK: The table

  private static let all: [Builtin] = memoryManagement + memoryAccess + libraries + actions + running + extensions

  private static let memoryManagement: [Builtin] = [
    Builtin(BootstrapSymbol.memoryReserve) { session, reader throws(WireError) in
      _ = try reader.address()
      let size = try reader.u64()
      return expectedAddress { () throws(ExecutorError) in try session.memory.reserve(size: size) }
    },
    Builtin(BootstrapSymbol.memoryInitialize) { session, reader throws(WireError) in
      _ = try reader.address()
      let request = try FinalizeRequest(from: &reader)
      return expectedAddress { () throws(ExecutorError) in try session.memory.initialize(request) }
    },
    Builtin(BootstrapSymbol.memoryDeinitialize) { session, reader throws(WireError) in
      _ = try reader.address()
      let keys = try addresses(&reader)
      return errorResult { () throws(ExecutorError) in try session.memory.deinitialize(keys: keys) }
    },
    Builtin(BootstrapSymbol.memoryRelease) { session, reader throws(WireError) in
      _ = try reader.address()
      let bases = try addresses(&reader)
      return errorResult { () throws(ExecutorError) in try session.memory.release(bases: bases) }
    },
  ]

  private static let libraries: [Builtin] = [
    Builtin(BootstrapSymbol.dylibOpen) { session, reader throws(WireError) in
      _ = try reader.address()
      let path = try reader.string()
      let mode = try reader.u64()
      return expectedAddress { () throws(ExecutorError) in
        guard mode == 0 else { throw ExecutorError("cannot open a library with mode bits \(hex(mode))") }
        let handle = try Libraries.open(path: path)
        session.frames.libraryWasOpened()
        return handle
      }
    },
    Builtin(BootstrapSymbol.dylibResolve) { _, reader throws(WireError) in
      let handle = try reader.address()
      let queries = try reader.sequence(minimumSize: 9) { (r: inout SPSReader) throws(WireError) in
        try SymbolQuery(from: &r)
      }
      var writer = SPSWriter()
      do throws(ExecutorError) {
        let found = try Libraries.resolve(queries, in: handle)
        writer.appendExpectedValueFollows()
        writer.append(sequence: found) { SymbolDefinition.encode($1, to: &$0) }
      } catch { writer.append(expectedFailure: error.message) }
      return writer.bytes
    },
  ]

  private static let actions: [Builtin] =
    [BootstrapSymbol.registerEHFrame, "llvm_orc_registerEHFrameSectionAllocAction"].map { name in
      Builtin(name) { session, reader throws(WireError) in
        let section = try reader.addressRange()
        return errorResult { () throws(ExecutorError) in try session.frames.register(section) }
      }
    }
    + [BootstrapSymbol.deregisterEHFrame, "llvm_orc_deregisterEHFrameSectionAllocAction"].map { name in
      Builtin(name) { session, reader throws(WireError) in
        let section = try reader.addressRange()
        return errorResult { () throws(ExecutorError) in try session.frames.deregister(section) }
      }
    } + [
      Builtin(BootstrapSymbol.registerDebugObject) { _, reader throws(WireError) in
        let object = try reader.addressRange()
        let notify = reader.left > 0 ? try reader.bool() : true
        return errorResult { () throws(ExecutorError) in try DebugRegistry.register(object, notify: notify) }
      },
      Builtin(ExtensionSymbol.unregisterDebugObject) { _, reader throws(WireError) in
        let object = try reader.addressRange()
        return errorResult { () throws(ExecutorError) in try DebugRegistry.unregister(object) }
      },
    ]

  private static let running: [Builtin] = [
    Builtin(BootstrapSymbol.runAsMain, .mainThread) { _, reader throws(WireError) in
      let function = try reader.address()
      let arguments = try reader.sequence(minimumSize: 8) { (r: inout SPSReader) throws(WireError) in try r.string() }
      let vector = ArgumentVector(arguments)
      var writer = SPSWriter()
      writer.append(i64: call_main(function, vector.count, vector.pointer, environment_pointer()))
      return writer.bytes
    },
    Builtin(BootstrapSymbol.runAsVoidFunction, .ownThread) { _, reader throws(WireError) in
      var writer = SPSWriter()
      writer.append(i32: call_void(try reader.address()))
      return writer.bytes
    },
    Builtin(BootstrapSymbol.runAsIntFunction, .ownThread) { _, reader throws(WireError) in
      let function = try reader.address()
      var writer = SPSWriter()
      writer.append(i32: call_int(function, try reader.i32()))
      return writer.bytes
    },
  ]

  private static let extensions: [Builtin] = [
    Builtin(ExtensionSymbol.configure) { session, reader throws(WireError) in
      let request = try ConfigureRequest(decoding: reader.bytes)
      return errorResult { () throws(ExecutorError) in try session.setup.configure(request) }
    },
    Builtin(ExtensionSymbol.stdinWrite, .ownThread) { session, reader throws(WireError) in
      let bytes = try reader.byteSequence()
      return errorResult { () throws(ExecutorError) in try session.setup.writeInput(bytes) }
    },
    Builtin(ExtensionSymbol.runProgram) { session, reader throws(WireError) in
      let request = try RunProgramRequest(decoding: reader.bytes)
      return errorResult { () throws(ExecutorError) in try session.accept(request) }
    },
    Builtin(ExtensionSymbol.resume, .atOnce) { session, _ throws(WireError) in
      errorResult { () throws(ExecutorError) in try session.resumeProgram() }
    },
    Builtin(ExtensionSymbol.signal, .atOnce) { _, reader throws(WireError) in
      let number = try reader.i32()
      return errorResult { () throws(ExecutorError) in
        let failure = process_send_signal(process_id(), number)
        guard failure == 0 else { throw ExecutorError("signal \(number): \(systemError(failure))") }
      }
    },
  ]
}

// MARK: Results

/// An SPSError.
private func errorResult(_ body: () throws(ExecutorError) -> Void) -> [UInt8] {
  var writer = SPSWriter()
  do throws(ExecutorError) {
    try body()
    writer.append(error: nil)
  } catch { writer.append(error: error.message) }
  return writer.bytes
}

/// An SPSExpected address.
private func expectedAddress(_ body: () throws(ExecutorError) -> UInt64) -> [UInt8] {
  var writer = SPSWriter()
  do throws(ExecutorError) {
    let address = try body()
    writer.appendExpectedValueFollows()
    writer.append(address: address)
  } catch { writer.append(expectedFailure: error.message) }
  return writer.bytes
}

func addresses(_ reader: inout SPSReader) throws(WireError) -> [UInt64] {
  try reader.sequence(minimumSize: 8) { (r: inout SPSReader) throws(WireError) in try r.address() }
}
