// Takes a snapshot of a program that its executor holds at a crash, with the executor's ordinary calls.

import Glibc
import Wire

struct CrashCapture {
  private let target: Target
  private let notice: CrashNotice
  private var snapshot: CrashSnapshot

  /// How long other threads may take to stop, a called function to return, and symbols to be found, which may wait for a lock that a
  /// stopped thread holds, in seconds.
  private static let threadLimit = 3.0
  private static let callLimit = 2.0
  private static let symbolLimit = 3.0
  /// In bytes: what one call reads (small enough that the executor needs no new memory for it), and what all do at most.
  private static let chunk: UInt64 = 64 << 10
  private static let reportBudget: UInt64 = 8 << 20
  private static let coreBudget: UInt64 = 512 << 20

  /// - Parameters:
  ///   - others: threads that have stopped already.
  ///   - images: code and data linked at run time, and what is registered with debuggers.
  ///   - isComplete: whether all memory is wanted, as in a core file.
  static func take(
    _ notice: CrashNotice, _ others: [CrashNotice], of target: Target, machine: UInt16, images: [LoadedProgram],
    isComplete: Bool
  ) throws(JITDebugError) -> CrashSnapshot {
    var capture = try CrashCapture(notice, target, machine)
    try capture.readThreads(others)
    capture.snapshot.images = images.map { ($0.code, $0.data) }
    let ranges = images.flatMap { image in
      [image.code, image.data, image.debugObject].compactMap { $0 }.map { $0.start.rawValue..<$0.end.rawValue }
    }
    try capture.readMemory(first: ranges, isComplete: isComplete)
    // Last: this runs code of the program, which may be in any state.
    if capture.snapshot.signal == SIGABRT { capture.snapshot.exception = try? capture.uncaughtException() }
    return capture.snapshot
  }

  private init(_ notice: CrashNotice, _ target: Target, _ machine: UInt16) throws(JITDebugError) {
    self.target = target
    self.notice = notice
    let information = try target.readFile("/proc/self/mem", offset: notice.information, size: 128)
    let context = try target.readFile("/proc/self/mem", offset: notice.context, size: MachineState.contextSize)
    guard let state = MachineState(context: context, machine: machine) else {
      throw JITDebugError(.connection, target.connection.peer, "the registers of a crashed thread cannot be read")
    }
    let words = (try? target.readFile("/proc/self/cmdline", limit: 1 << 20)) ?? []
    snapshot = CrashSnapshot(
      machine: machine, pid: target.connection.setup.pid ?? 0, threads: [.init(id: notice.thread, state: state)],
      mappings: Mapping.parse(try target.readFile("/proc/self/maps", limit: MappingText.sizeLimit)),
      information: TargetBytes(information),
      auxiliaryVector: (try? target.readFile("/proc/self/auxv", limit: 1 << 16)) ?? [],
      commandLine: words.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
    setThreadPointer(0, notice)
    try readFloatingPoint(0, context)
  }

  /// With it debuggers find thread-local variables.
  private mutating func setThreadPointer(_ index: Int, _ notice: CrashNotice) {
    guard snapshot.machine == ELF.EM_X86_64, let pointer = notice.threadPointer else { return }
    snapshot.threads[index].state.setThreadPointer(pointer)
  }

  private mutating func readFloatingPoint(_ index: Int, _ context: [UInt8]) throws(JITDebugError) {
    guard let address = MachineState.floatingPointAddress(context: context, machine: snapshot.machine) else { return }
    let bytes = try target.readFile("/proc/self/mem", offset: address, size: 512)
    if bytes.count == 512 { snapshot.threads[index].state.floatingPoint = bytes }
  }

  // MARK: Threads

  private mutating func readThreads(_ known: [CrashNotice]) throws(JITDebugError) {
    // The crashed one and the executor's own two do not stop for it, nor does QEMU's.
    let others = 3 + ((try? Emulator(around: target)) ?? nil == nil ? 0 : 1) + known.count
    let missing = try taskCount() - others
    let messages = try target.connection.messages(
      tag: ConfigureRequest.crashTag, count: missing, until: Deadline(secondsFromNow: Self.threadLimit))
    // Some may have ended instead.
    if messages.count < missing { snapshot.unseenThreads = max(0, try taskCount() - others - messages.count) }
    for other in known + messages.compactMap(CrashNotice.init) {
      let context = try target.readFile("/proc/self/mem", offset: other.context, size: MachineState.contextSize)
      guard let state = MachineState(context: context, machine: snapshot.machine) else { continue }
      snapshot.threads.append(.init(id: other.thread, state: state))
      setThreadPointer(snapshot.threads.count - 1, other)
      try readFloatingPoint(snapshot.threads.count - 1, context)
    }
  }

  private func taskCount() throws(JITDebugError) -> Int {
    try target.readFolder("/proc/self/task").split(separator: 0).count { $0.first != UInt8(ascii: ".") }
  }

  // MARK: Memory

  /// What a backtrace needs comes first, for as long as there is room.
  private mutating func readMemory(first images: [Range<UInt64>], isComplete: Bool) throws(JITDebugError) {
    var left = isComplete ? Self.coreBudget : Self.reportBudget
    var wanted: [Range<UInt64>] = []
    func want(_ start: UInt64, _ size: UInt64) {
      guard let mapping = snapshot.mapping(at: start), mapping.isReadable else { return }
      wanted.append(start..<(start + min(size, mapping.range.upperBound - start)))
    }
    for thread in snapshot.threads.prefix(64) {
      let sp = thread.state.sp
      // Below it is the red zone. A stack pointer that has just left its stack belongs to the mapping above.
      let start = snapshot.mapping(at: sp &- 4096).map { $0.isReadable ? sp &- 4096 : nil } ?? nil
      let above = snapshot.mappings.first { $0.range.lowerBound > sp && $0.range.lowerBound - sp < 1 << 20 }
      let base = start ?? (snapshot.mapping(at: sp)?.isReadable == true ? sp : above?.range.lowerBound ?? sp)
      want(base / 4096 * 4096, 256 << 10)
    }
    for image in images { wanted.append(image) }
    for mapping in snapshot.mappings where mapping.isReadable {
      let start = mapping.range.lowerBound
      // Headers and build-ids; then what relocation has changed, where the lists of libraries begin.
      if mapping.offset == 0 { want(start, mapping.name == "[vdso]" ? mapping.size : 4096) }
      if mapping.isFile, mapping.isPrivate, mapping.size <= 256 << 10, !mapping.isExecutable {
        want(start, mapping.size)
      }
    }
    for mapping in snapshot.mappings where mapping.isReadable && mapping.isPrivate && mapping.isWritable {
      want(mapping.range.lowerBound, 1 << 20)
    }
    for mapping in snapshot.mappings where mapping.isReadable && mapping.isPrivate && mapping.isWritable {
      want(mapping.range.lowerBound, mapping.size)
    }
    // Whole pages: debuggers' readers of core files expect segments to begin there.
    for range in wanted where left > 0 {
      try read(range.lowerBound / 4096 * 4096..<(min(range.upperBound, .max - 4095) + 4095) / 4096 * 4096, &left)
    }
  }

  /// Sixteen calls at a time are on their way.
  private mutating func read(_ range: Range<UInt64>, _ left: inout UInt64) throws(JITDebugError) {
    var parts: [Range<UInt64>] = []
    for gap in snapshot.memory.gaps(in: range) {
      var position = gap.lowerBound
      while position < gap.upperBound, left > 0 {
        let end = position + min(Self.chunk, gap.upperBound - position, left)
        parts.append(position..<end)
        left -= end - position
        position = end
      }
    }
    var position = 0
    while position < parts.count {
      let batch = parts[position..<min(position + 16, parts.count)]
      let contents = try target.readParts(of: "/proc/self/mem", batch)
      for (part, content) in zip(batch, contents) {
        // A target may give more than it was asked for.
        snapshot.memory.add(.init(address: part.lowerBound, bytes: content.prefix(part.count)))
      }
      position += batch.count
    }
  }

  // MARK: Calls on the crashed thread

  /// Its result; throws if there is none in time.
  private mutating func call(_ function: UInt64, _ argument: UInt64) throws(JITDebugError) -> UInt64 {
    try target.write(argument, to: notice.control + 24)
    try target.write(function, to: notice.control + 16)
    let deadline = Deadline(secondsFromNow: Self.callLimit)
    while deadline.milliseconds > 0 {
      let control = TargetBytes(try target.readFile("/proc/self/mem", offset: notice.control, size: 40))
      if control.number(16) == 0, let result = control.number(32) { return result }
      usleep(1000)
    }
    kill()
    throw JITDebugError(.connection, target.connection.peer, "a call on the crashed thread does not return")
  }

  /// It would not go on to its end either.
  private mutating func kill() {
    try? target.postSignal(SIGKILL)
    snapshot.wasKilled = true
  }

  private mutating func resolve(_ names: [String]) throws(JITDebugError) -> [TargetAddress?] {
    do {
      return try target.resolve(names, in: try target.openProcess(), within: Self.symbolLimit)
    } catch {
      // What comes after it waits as well, such as the leave to go on.
      kill()
      throw error
    }
  }

  private func word(_ address: UInt64) throws(JITDebugError) -> UInt64 {
    guard let word = TargetBytes(try target.readFile("/proc/self/mem", offset: address, size: 8)).number(0) else {
      throw JITDebugError(.connection, target.connection.peer, "cannot be read at \(TargetAddress(address))")
    }
    return word
  }

  private func string(_ address: UInt64) throws(JITDebugError) -> String {
    let bytes = try target.readFile("/proc/self/mem", offset: address, size: 1024)
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Whether the C++ library is ending the program, as it does for want of a handler: one of its functions for that is on the
  /// stack. A program may have caught exceptions, and abort for other reasons, with a broken heap for example.
  private mutating func isTerminating() throws(JITDebugError) -> Bool {
    let names = ["_ZSt9terminatev", "_ZN10__cxxabiv111__terminateEPFvvE", "__cxa_call_terminate"]
    let functions = try resolve(names).compactMap { $0?.rawValue }
    let sp = snapshot.threads[0].state.sp
    guard let stack = snapshot.mapping(at: sp) else { return false }
    let size = min(4096, stack.range.upperBound - sp)
    let words = TargetBytes(try target.readFile("/proc/self/mem", offset: sp, size: size))
    // All three are short.
    let length: UInt64 = 96
    return stride(from: 0, to: Int(size) - 7, by: 8).contains { offset in
      guard let word = words.number(offset) else { return false }
      return functions.contains { word > $0 && word &- $0 <= length }
    }
  }

  /// Of the Itanium C++ ABI ("Exception Handling", 2.2): terminate is called with the exception as a caught one.
  private mutating func uncaughtException() throws(JITDebugError) -> CrashSnapshot.Exception? {
    let isLLVM = snapshot.mappings.contains { $0.name.contains("/libc++abi.so") }
    // Asking for C++ symbols in a C program would load a library.
    guard isLLVM || snapshot.mappings.contains(where: { $0.name.contains("/libstdc++.so") }) else { return nil }
    guard try isTerminating() else { return nil }
    guard let function = try resolve(["__cxa_get_globals"]).first ?? nil else { return nil }
    var header = try word(try call(function.rawValue, 0))
    guard header != 0 else { return nil }
    let headerSize: UInt64 = isLLVM ? 128 : 112
    // The unwinder's part is at its end, and begins with the kind: 1 is an exception that was thrown again from another thread,
    // and names the object of the first.
    if try word(header &+ headerSize &- 32) & 0xff == 1 {
      header = try word(header &+ (isLLVM ? 8 : 0)) &- headerSize
    }
    // LLVM's has a reserved word and a count in front.
    let type = try word(header &+ (isLLVM ? 16 : 0))
    let name = try string(try word(type &+ 8))
    var exception = CrashSnapshot.Exception(type: Self.typeName(name))
    // std::type_info of classes with one base class names that at 16.
    var base = type
    for _ in 0..<16 {
      guard let name = try? string(try word(base &+ 8)) else { break }
      if name == "St9exception" {
        let object = header &+ headerSize
        // The virtual functions are two destructors, and what.
        exception.what = try string(try call(try word(try word(object) &+ 16), object))
        break
      }
      guard let next = try? word(base &+ 16), snapshot.mapping(at: next)?.isReadable == true else { break }
      base = next
    }
    return exception
  }

  static func typeName(_ mangled: String) -> String {
    let prefix = "typeinfo name for "
    let text = SymbolNames().read("_ZTS" + mangled.drop { $0 == "*" })
    return text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : mangled
  }
}

/// What a crashed thread tells, see ExecutorSystem's Crash.h.
struct CrashNotice {
  let thread, signal, information, context, control: UInt64
  let threadPointer: UInt64?

  init?(_ payload: [UInt8]) {
    let words = TargetBytes(payload)
    guard let thread = words.number(0), let signal = words.number(8), let information = words.number(16),
      let context = words.number(24), let control = words.number(32)
    else { return nil }
    self.thread = thread
    self.signal = signal
    self.information = information
    self.context = context
    self.control = control
    threadPointer = words.number(40)
  }
}

extension Target {
  /// Lets the process that a crash has stopped go on to its end.
  func release(_ notice: CrashNotice) throws(JITDebugError) { try write(1, to: notice.control) }
  /// Has it wait without limit.
  func hold(_ notice: CrashNotice) throws(JITDebugError) { try write(1, to: notice.control + 8) }

  fileprivate func write(_ word: UInt64, to address: UInt64) throws(JITDebugError) {
    var output = TargetBytesOutput()
    output.put(word)
    _ = try postWrite(output.bytes, to: TargetAddress(address))
  }
}
