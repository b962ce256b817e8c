// Carries out the executor's functions: reads their arguments, calls what does the work, serialises the results.
import ExecutorSystem
import Wire

extension Builtin {
  func reply(to arguments: [UInt8], in session: Session) -> Reply {
    var reader = SPSReader(arguments)
    switch self {
    case .memoryReserve, .memoryInitialize, .memoryDeinitialize, .memoryRelease:
      return callMemoryManager(&reader, session.memory)
    case .dylibOpen:
      _ = reader.nextU64()
      return openLibrary(path: reader.nextString(), mode: reader.nextU64(), reader)
    case .dylibResolve: return resolve(&reader)
    case .writeUInt8s, .writeUInt16s, .writeUInt32s, .writeUInt64s, .writePointers, .writeBuffers:
      return writeMemory(reader)
    case .readUInt8s, .readUInt16s, .readUInt32s, .readUInt64s, .readPointers, .readBuffers, .readStrings:
      return readMemory(&reader)
    case .registerEHFrame, .registerEHFrameSection, .deregisterEHFrame, .deregisterEHFrameSection, .registerDebugObject,
      .unregisterDebugObject:
      return callRegistry(&reader)
    case .runAsMain, .runAsVoidFunction, .runAsIntFunction: return run(&reader)
    default: return callExtension(&reader, session)
    }
  }

  private func callMemoryManager(_ reader: inout SPSReader, _ memory: MemoryManager) -> Reply {
    // The address of the manager, of which there is one.
    _ = reader.nextU64()
    switch self {
    case .memoryReserve:
      let size = reader.nextU64()
      return addressReply(reader) { () throws(ExecutorError) in try memory.reserve(size: size) }
    case .memoryInitialize:
      let request = reader
      reader.skipFinalizeRequest()
      return addressReply(reader) { () throws(ExecutorError) in try memory.initialize(request) }
    default: return undo(&reader, memory)
    }
  }

  /// Deinitializes or releases memory, the last first. All is taken care of even if there are failures.
  private func undo(_ reader: inout SPSReader, _ memory: MemoryManager) -> Reply {
    let addresses = reader.nextRange(size: UInt64(8 * reader.nextCount(minimumSize: 8)))
    return errorReply(reader) { () throws(ExecutorError) in
      var failure: ExecutorError?
      var position = addresses.upperBound
      while position > addresses.lowerBound {
        position -= 8
        var reader = SPSReader(reader.bytes, in: position..<(position + 8))
        let address = reader.nextU64()
        do throws(ExecutorError) {
          try self == .memoryRelease ? memory.release(base: address) : memory.deinitialize(key: address)
        } catch { failure = error }
      }
      if let failure { throw failure }
    }
  }

  private func openLibrary(path: WireString, mode: UInt64, _ reader: SPSReader) -> Reply {
    addressReply(reader) { () throws(ExecutorError) in
      guard mode == 0 else { throw ExecutorError(mode, "is no mode to open a library with") }
      let handle = try Libraries.open(path: path)
      frames_library_was_opened()
      return handle
    }
  }

  private func resolve(_ reader: inout SPSReader) -> Reply {
    let handle = reader.nextU64()
    var preview = reader
    for _ in 0..<preview.nextCount(minimumSize: 9)
    where Libraries.openCXXLibrary(ifNeededBy: SymbolQuery(next: &preview), in: handle) {
      frames_library_was_opened()
      break
    }
    let count = reader.nextCount(minimumSize: 9)
    var writer = SPSWriter()
    writer.appendExpectedValueFollows()
    writer.append(u64: UInt64(count))
    for _ in 0..<count {
      SymbolDefinition.encode(Libraries.resolve(SymbolQuery(next: &reader), in: handle), to: &writer)
    }
    if let failure = reader.failure { return .malformed(failure) }
    return .bytes(writer.bytes)
  }

  /// Allocation actions.
  private func callRegistry(_ reader: inout SPSReader) -> Reply {
    let range = reader.nextAddressRange()
    let notify = self != .registerDebugObject || reader.left == 0 || reader.nextBool()
    return errorReply(reader) { () throws(ExecutorError) in
      switch self {
      case .registerDebugObject: try DebugRegistry.register(range, notify: notify)
      case .unregisterDebugObject: try DebugRegistry.unregister(range)
      case .registerEHFrame, .registerEHFrameSection: try FrameRegistry.register(range)
      default: try FrameRegistry.deregister(range)
      }
    }
  }

  private func run(_ reader: inout SPSReader) -> Reply {
    let function = reader.nextU64()
    let words = reader
    var argument: Int32 = 0
    if self == .runAsMain { reader.skipStrings() }
    if self == .runAsIntFunction { argument = Int32(bitPattern: reader.nextU32()) }
    if let failure = reader.failure { return .malformed(failure) }
    var writer = SPSWriter()
    switch self {
    case .runAsMain:
      let vector = ArgumentVector(words)
      writer.append(i64: call_main(function, vector.count, vector.pointer, environment_pointer()))
    case .runAsIntFunction: writer.append(i32: call_int(function, argument))
    default: writer.append(i32: call_void(function))
    }
    return .bytes(writer.bytes)
  }

  private func callExtension(_ reader: inout SPSReader, _ session: Session) -> Reply {
    switch self {
    case .configure:
      let request = reader
      reader.skipConfigureRequest()
      return errorReply(reader) { () throws(ExecutorError) in try session.setup.configure(request) }
    case .stdinWrite:
      let bytes = reader.nextByteSequence()
      return errorReply(reader) { () throws(ExecutorError) in try session.setup.writeInput(bytes) }
    case .resume: return errorReply(reader) { () throws(ExecutorError) in try session.resumeProgram() }
    case .signal:
      let number = Int32(bitPattern: reader.nextU32())
      return errorReply(reader) { () throws(ExecutorError) in
        guard 1...64 ~= number else { throw ExecutorError("no such signal") }
        // The session sends it once this is answered.
      }
    case .readFile: return readPart(ofFile: reader.nextString(), reader.nextU64(), reader.nextU64(), reader)
    default:
      // The session starts programs, for the answer has its own time.
      return .outOfBand("cannot be called from inside the executor")
    }
  }
}

private func readPart(ofFile path: WireString, _ offset: UInt64, _ size: UInt64, _ reader: SPSReader) -> Reply {
  if let failure = reader.failure { return .malformed(failure) }
  var result: Int64 = 0
  let bytes = [UInt8](unsafeUninitializedCapacity: Int(min(size, 1 << 20))) { buffer, count in
    result = file_read(path.cString, offset, buffer.baseAddress, buffer.count)
    count = Int(max(result, 0))
  }
  var writer = SPSWriter()
  if result < 0 {
    writer.append(expectedFailure: "\(path): \(systemError(Int32(-result)))")
  } else {
    writer.appendExpectedValueFollows()
    writer.append(bytes: bytes)
  }
  return .bytes(writer.bytes)
}

/// Does what the arguments ask for, unless the reader found them malformed, and returns an SPSError.
@inline(never) func errorReply(_ reader: SPSReader, _ body: () throws(ExecutorError) -> Void) -> Reply {
  if let failure = reader.failure { return .malformed(failure) }
  var writer = SPSWriter()
  do throws(ExecutorError) {
    try body()
    writer.append(error: nil)
  } catch { writer.append(error: error.message) }
  return .bytes(writer.bytes)
}

/// The same for an SPSExpected address.
@inline(never) private func addressReply(_ reader: SPSReader, _ body: () throws(ExecutorError) -> UInt64) -> Reply {
  if let failure = reader.failure { return .malformed(failure) }
  var writer = SPSWriter()
  do throws(ExecutorError) {
    let address = try body()
    writer.appendExpectedValueFollows()
    writer.append(address: address)
  } catch { writer.append(expectedFailure: error.message) }
  return .bytes(writer.bytes)
}
