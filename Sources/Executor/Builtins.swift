// Publishes the executor's functions on the wire: their names, and when each is carried out.
import ExecutorSystem
import Wire

/// A function that controllers call by its address, which the setup message tells. The raw value is its wrapper's
/// number.
enum Builtin: UInt32 {
  case memoryReserve, memoryInitialize, memoryDeinitialize, memoryRelease
  case dylibOpen, dylibResolve
  case writeUInt8s, writeUInt16s, writeUInt32s, writeUInt64s, writePointers, writeBuffers
  case readUInt8s, readUInt16s, readUInt32s, readUInt64s, readPointers, readBuffers, readStrings
  case registerEHFrame, deregisterEHFrame, registerEHFrameSection, deregisterEHFrameSection
  case registerDebugObject, unregisterDebugObject
  case runAsMain, runAsVoidFunction, runAsIntFunction
  case configure, stdinWrite, runProgram, resume, signal, readFile, becomeProgram

  enum Order {
    /// After everything that arrived before, and before everything that follows.
    case inSequence
    /// Begins after everything that arrived before.
    case mainThread, ownThread
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
    case .runAsVoidFunction, .runAsIntFunction, .stdinWrite: .ownThread
    case .runProgram: .program
    case .resume, .signal: .atOnce
    case .becomeProgram: .reader
    default: .inSequence
    }
  }

  var name: String {
    switch self {
    case .memoryReserve: BootstrapSymbol.memoryReserve
    case .memoryInitialize: BootstrapSymbol.memoryInitialize
    case .memoryDeinitialize: BootstrapSymbol.memoryDeinitialize
    case .memoryRelease: BootstrapSymbol.memoryRelease
    case .dylibOpen: BootstrapSymbol.dylibOpen
    case .dylibResolve: BootstrapSymbol.dylibResolve
    case .writeUInt8s: BootstrapSymbol.writeUInt8s
    case .writeUInt16s: BootstrapSymbol.writeUInt16s
    case .writeUInt32s: BootstrapSymbol.writeUInt32s
    case .writeUInt64s: BootstrapSymbol.writeUInt64s
    case .writePointers: BootstrapSymbol.writePointers
    case .writeBuffers: BootstrapSymbol.writeBuffers
    case .readUInt8s: BootstrapSymbol.readUInt8s
    case .readUInt16s: BootstrapSymbol.readUInt16s
    case .readUInt32s: BootstrapSymbol.readUInt32s
    case .readUInt64s: BootstrapSymbol.readUInt64s
    case .readPointers: BootstrapSymbol.readPointers
    case .readBuffers: BootstrapSymbol.readBuffers
    case .readStrings: BootstrapSymbol.readStrings
    case .registerEHFrame: BootstrapSymbol.registerEHFrame
    case .deregisterEHFrame: BootstrapSymbol.deregisterEHFrame
    // The names of LLVM before 22.
    case .registerEHFrameSection: "llvm_orc_registerEHFrameSectionAllocAction"
    case .deregisterEHFrameSection: "llvm_orc_deregisterEHFrameSectionAllocAction"
    case .registerDebugObject: BootstrapSymbol.registerDebugObject
    case .unregisterDebugObject: ExtensionSymbol.unregisterDebugObject
    case .runAsMain: BootstrapSymbol.runAsMain
    case .runAsVoidFunction: BootstrapSymbol.runAsVoidFunction
    case .runAsIntFunction: BootstrapSymbol.runAsIntFunction
    case .configure: ExtensionSymbol.configure
    case .stdinWrite: ExtensionSymbol.stdinWrite
    case .runProgram: ExtensionSymbol.runProgram
    case .resume: ExtensionSymbol.resume
    case .signal: ExtensionSymbol.signal
    case .readFile: ExtensionSymbol.readFile
    case .becomeProgram: ExtensionSymbol.becomeProgram
    }
  }

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
      triple: WireString(cString: process_triple()), pageSize: memory_page_size(), valueCount: 2, to: &writer)
    var pid = SPSWriter()
    pid.append(u64: UInt64(process_id()))
    SetupMessage.encode(key: WireString(BootstrapKey.pid), value: pid.bytes, to: &writer)
    var version = SPSWriter()
    version.append(string: executorVersion)
    SetupMessage.encode(key: WireString(BootstrapKey.version), value: version.bytes, to: &writer)

    var count: UInt32 = 0
    while Builtin(rawValue: count) != nil { count += 1 }
    writer.append(u64: UInt64(count) + 4)
    for number in 0..<count { offer(Builtin(rawValue: number)!.name, at: wrapper_address(number), &writer) }
    offer(BootstrapSymbol.dispatchFunction, at: wrapper_dispatch_function(), &writer)
    offer(BootstrapSymbol.dispatchContext, at: wrapper_dispatch_context(), &writer)
    // LLVM's functions are methods of these; ours need no object, so any address will do.
    offer(BootstrapSymbol.memoryManager, at: wrapper_dispatch_context(), &writer)
    offer(BootstrapSymbol.dylibManager, at: wrapper_dispatch_context(), &writer)
    return writer.bytes
  }

  @inline(never) private static func offer(_ name: String, at address: UInt64, _ writer: inout SPSWriter) {
    SetupMessage.encode(symbol: WireString(name), address: address, to: &writer)
  }
}
