// Publishes the executor's functions on the wire: their names, and when each is carried out.
import ExecutorSystem
import Wire

/// A function that controllers call by its address, which the setup message tells. The raw value is its wrapper's
/// number;
/// wrapper_names.c has their names in the same order.
enum Builtin: UInt32 {
  case memoryReserve, memoryInitialize, memoryDeinitialize, memoryRelease
  case dylibOpen, dylibResolve
  case writeUInt8s, writeUInt16s, writeUInt32s, writeUInt64s, writePointers, writeBuffers
  case readUInt8s, readUInt16s, readUInt32s, readUInt64s, readPointers, readBuffers, readStrings
  case registerEHFrame, deregisterEHFrame, registerEHFrameSection, deregisterEHFrameSection
  case registerDebugObject, unregisterDebugObject
  case runAsMain, runAsVoidFunction, runAsIntFunction
  case configure, stdinWrite, runProgram, resume, signal, readFile, becomeProgram, restart, relay

  enum Order {
    /// After everything that arrived before, and before everything that follows.
    case inSequence
    /// Begins after everything that arrived before.
    case mainThread, ownThread, helper
    /// Checked in sequence; the main thread answers when it begins.
    case program
    /// Does not wait for anything.
    case atOnce
    /// The same, and nothing that follows is read before it is done.
    case reader
  }

  var order: Order {
    switch self {
    case .runAsMain: .mainThread
    case .runAsVoidFunction, .runAsIntFunction: .ownThread
    case .stdinWrite: .helper
    case .runProgram: .program
    case .signal: .atOnce
    case .becomeProgram, .restart, .relay: .reader
    default: .inSequence
    }
  }

  /// The name that the setup message gives it.
  var name: WireString { symbolName(rawValue) }

  /// The builtin at an address; nil if the address is none of the executor's.
  init?(address: UInt64) {
    let number = wrapper_number(address)
    guard number >= 0 else { return nil }
    self.init(rawValue: UInt32(number))
  }

  /// The payload of the session's first frame.
  static func setupMessage() -> [UInt8] {
    var writer = SPSWriter()
    SetupMessage.encodeHead(
      triple: WireString(cString: process_triple()), pageSize: memory_page_size(), valueCount: 3, to: &writer)
    var pid = SPSWriter()
    pid.append(u64: UInt64(process_id()))
    SetupMessage.encode(key: WireString(BootstrapKey.pid), value: pid.bytes, to: &writer)
    var version = SPSWriter()
    version.append(string: "\(executorVersion)")
    SetupMessage.encode(key: WireString(BootstrapKey.version), value: version.bytes, to: &writer)
    SetupMessage.encode(key: WireString(BootstrapKey.compression), value: [], to: &writer)

    let count = offered_symbol_count()
    writer.append(u64: UInt64(count))
    for number in 0..<count {
      SetupMessage.encode(symbol: symbolName(number), address: offered_symbol_address(number), to: &writer)
    }
    return writer.bytes
  }
}

@inline(never) private func symbolName(_ number: UInt32) -> WireString {
  var buffer = wrapper_name()
  return WireString(cString: wrapper_name(number, &buffer))
}
