// Publishes the executor's functions on the wire: their names, and when each is carried out.
import ExecutorSystem
import Wire

/// A function that controllers call by its address, which the setup message tells. The raw value is its wrapper's number.
enum Builtin: UInt32, CaseIterable {
  case memoryReserve, memoryInitialize, memoryDeinitialize, memoryRelease
  case dylibOpen, dylibResolve
  case writeUInt8s, writeUInt16s, writeUInt32s, writeUInt64s, writePointers, writeBuffers
  case readUInt8s, readUInt16s, readUInt32s, readUInt64s, readPointers, readBuffers, readStrings
  case registerEHFrame, deregisterEHFrame, registerEHFrameSection, deregisterEHFrameSection
  case registerDebugObject, unregisterDebugObject
  case runAsMain, runAsVoidFunction, runAsIntFunction
  case configure, stdinWrite, runProgram, resume, signal

  enum Order {
    /// After everything that arrived before, and before everything that follows.
    case inSequence
    /// Begins after everything that arrived before.
    case mainThread, ownThread
    /// Checked in sequence; the main thread answers when it begins.
    case program
    /// Does not wait for anything.
    case atOnce
  }

  var order: Order {
    switch self {
    case .runAsMain: .mainThread
    case .runAsVoidFunction, .runAsIntFunction, .stdinWrite: .ownThread
    case .runProgram: .program
    case .resume, .signal: .atOnce
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
    }
  }

  /// The builtin at an address; nil if the address is none of the executor's.
  init?(address: UInt64) {
    let number = wrapper_number(address)
    guard number >= 0 else { return nil }
    self.init(rawValue: UInt32(number))
  }

  static func setupMessage() -> SetupMessage {
    var message = SetupMessage(
      triple: WireString(cString: process_triple()), pageSize: memory_page_size(), bootstrapMap: [],
      bootstrapSymbols: [])
    func offer(_ name: String, at address: UInt64) {
      message.bootstrapSymbols.append(.init(name: WireString(name), address: address))
    }
    for builtin in allCases { offer(builtin.name, at: wrapper_address(builtin.rawValue)) }
    offer(BootstrapSymbol.dispatchFunction, at: wrapper_dispatch_function())
    offer(BootstrapSymbol.dispatchContext, at: wrapper_dispatch_context())
    // LLVM's functions are methods of these; ours need no object, so any address will do.
    offer(BootstrapSymbol.memoryManager, at: wrapper_dispatch_context())
    offer(BootstrapSymbol.dylibManager, at: wrapper_dispatch_context())
    var pid = SPSWriter()
    pid.append(u64: UInt64(process_id()))
    var version = SPSWriter()
    version.append(string: executorVersion)
    message.bootstrapMap = [
      .init(key: WireString(BootstrapKey.pid), bytes: pid.bytes),
      .init(key: WireString(BootstrapKey.version), bytes: version.bytes),
    ]
    return message
  }
}
