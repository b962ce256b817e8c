// Carries out the executor's functions: reads their arguments, calls what does the work, serialises the results.
import ExecutorSystem
import Wire

extension Builtin {
  func reply(to arguments: [UInt8], in session: Session) -> Reply {
    var reader = SPSReader(arguments)
    do throws(WireError) { return .bytes(try call(&reader, in: session)) } catch {
      return .outOfBand("malformed arguments: \(error.description)")
    }
  }

  private func call(_ reader: inout SPSReader, in session: Session) throws(WireError) -> [UInt8] {
    switch self {
    case .memoryReserve, .memoryInitialize, .memoryDeinitialize, .memoryRelease:
      return try callMemoryManager(&reader, session.memory)
    case .dylibOpen, .dylibResolve: return try callLibraries(&reader, session)
    case .writeUInt8s, .writeUInt16s, .writeUInt32s, .writeUInt64s, .writePointers, .writeBuffers:
      try writeMemory(&reader)
      return []
    case .readUInt8s, .readUInt16s, .readUInt32s, .readUInt64s, .readPointers, .readBuffers, .readStrings:
      return try readMemory(&reader)
    case .registerEHFrame, .registerEHFrameSection:
      let section = try reader.addressRange()
      return errorResult { () throws(ExecutorError) in try session.frames.register(section) }
    case .deregisterEHFrame, .deregisterEHFrameSection:
      let section = try reader.addressRange()
      return errorResult { () throws(ExecutorError) in try session.frames.deregister(section) }
    case .registerDebugObject:
      let object = try reader.addressRange()
      let notify = reader.left > 0 ? try reader.bool() : true
      return errorResult { () throws(ExecutorError) in try DebugRegistry.register(object, notify: notify) }
    case .unregisterDebugObject:
      let object = try reader.addressRange()
      return errorResult { () throws(ExecutorError) in try DebugRegistry.unregister(object) }
    case .runAsMain, .runAsVoidFunction, .runAsIntFunction: return try run(&reader)
    case .configure:
      let request = try ConfigureRequest(decoding: reader.bytes)
      return errorResult { () throws(ExecutorError) in try session.setup.configure(request) }
    case .stdinWrite:
      let bytes = try reader.byteSequence()
      return errorResult { () throws(ExecutorError) in try session.setup.writeInput(bytes) }
    case .runProgram:
      // The session does it, for the answer has its own time.
      return errorResult { () throws(ExecutorError) in throw ExecutorError("cannot run a program from inside one") }
    case .resume: return errorResult { () throws(ExecutorError) in try session.resumeProgram() }
    case .signal:
      let number = try reader.i32()
      return errorResult { () throws(ExecutorError) in
        let failure = process_send_signal(process_id(), number)
        guard failure == 0 else { throw ExecutorError("signal \(number): \(systemError(failure))") }
      }
    }
  }

  private func callMemoryManager(_ reader: inout SPSReader, _ memory: MemoryManager) throws(WireError) -> [UInt8] {
    // The address of the manager, of which there is one.
    _ = try reader.address()
    switch self {
    case .memoryReserve:
      let size = try reader.u64()
      return addressResult { () throws(ExecutorError) in try memory.reserve(size: size) }
    case .memoryInitialize:
      let request = try FinalizeRequest(from: &reader)
      return addressResult { () throws(ExecutorError) in try memory.initialize(request) }
    case .memoryDeinitialize:
      let keys = try addresses(&reader)
      return errorResult { () throws(ExecutorError) in try memory.deinitialize(keys: keys) }
    default:
      let bases = try addresses(&reader)
      return errorResult { () throws(ExecutorError) in try memory.release(bases: bases) }
    }
  }

  private func callLibraries(_ reader: inout SPSReader, _ session: Session) throws(WireError) -> [UInt8] {
    // Of the manager, to open a library; or of the library.
    let handle = try reader.address()
    if self == .dylibOpen {
      let path = try reader.string()
      let mode = try reader.u64()
      return addressResult { () throws(ExecutorError) in
        guard mode == 0 else { throw ExecutorError("cannot open a library with mode bits \(hex(mode))") }
        let handle = try Libraries.open(path: path)
        session.frames.libraryWasOpened()
        return handle
      }
    }
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
  }

  private func run(_ reader: inout SPSReader) throws(WireError) -> [UInt8] {
    let function = try reader.address()
    var writer = SPSWriter()
    switch self {
    case .runAsMain:
      let arguments = ArgumentVector(
        try reader.sequence(minimumSize: 8) { (r: inout SPSReader) throws(WireError) in try r.string() })
      writer.append(i64: call_main(function, arguments.count, arguments.pointer, environment_pointer()))
    case .runAsIntFunction: writer.append(i32: call_int(function, try reader.i32()))
    default: writer.append(i32: call_void(function))
    }
    return writer.bytes
  }
}

func addresses(_ reader: inout SPSReader) throws(WireError) -> [UInt64] {
  try reader.sequence(minimumSize: 8) { (r: inout SPSReader) throws(WireError) in try r.address() }
}

/// An SPSError.
func errorResult(_ body: () throws(ExecutorError) -> Void) -> [UInt8] {
  var writer = SPSWriter()
  do throws(ExecutorError) {
    try body()
    writer.append(error: nil)
  } catch { writer.append(error: error.message) }
  return writer.bytes
}

/// An SPSExpected address.
private func addressResult(_ body: () throws(ExecutorError) -> UInt64) -> [UInt8] {
  var writer = SPSWriter()
  do throws(ExecutorError) {
    let address = try body()
    writer.appendExpectedValueFollows()
    writer.append(address: address)
  } catch { writer.append(expectedFailure: error.message) }
  return writer.bytes
}
