// The process that reads debug info for `inspect`: LLVM's readers may end, stall or fill a process on hostile data, so they work
// in one that has limits, and is started again when it ended.

import FoundationEssentials
import Glibc
import OrcBridge

/// The worker's side.
package enum DebugInfoService {
  /// What it may take, in bytes of memory of its own and in seconds of processor time.
  static let memoryLimit: UInt64 = 160 << 20
  static let timeLimit: UInt64 = 60
  /// Of each list in an answer, and what names in one list may add up to, in bytes.
  private static let listLimit = 5000
  private static let textLimit = 1 << 21
  /// One name or path, in bytes.
  private static let nameLimit = 1 << 12

  /// Answers requests on standard input until it ends.
  package static func run() {
    limit(RLIMIT_DATA, memoryLimit)
    limit(RLIMIT_CPU, timeLimit)
    limit(RLIMIT_CORE, 0)
    while let header = readMessage(0), let request = try? JSONDecoder().decode(DebugInfoRequest.self, from: header) {
      guard let bytes = content(request) else { return }
      let result = withExtendedLifetime(bytes) { answer(request, bytes.buffer) }
      guard let data = try? JSONEncoder().encode(result), writeMessage(data, to: 1) else { return }
    }
  }

  private static func limit(_ resource: __rlimit_resource, _ value: UInt64) {
    var limit = rlimit(rlim_cur: rlim_t(value), rlim_max: rlim_t(value))
    setrlimit(__rlimit_resource_t(resource.rawValue), &limit)
  }

  private static func content(_ request: DebugInfoRequest) -> MappedBytes? {
    if let path = request.path { return MappedBytes(path) }
    return MappedBytes(reading: request.size, from: 0)
  }

  private static func answer(_ request: DebugInfoRequest, _ bytes: UnsafeRawBufferPointer) -> DebugInfoAnswer {
    var answer = DebugInfoAnswer()
    if let code = request.code { answer.instructions = disassemble(code) }
    answer.names = names(request.symbols)
    if request.isBitcode, let start = bytes.baseAddress {
      answer.producer = bridgeText(orc_bitcode_producer(start, bytes.count))
      answer.triple = bridgeText(orc_bitcode_triple(start, bytes.count))
      return answer
    }
    guard let start = bytes.baseAddress else { return answer }
    var info: OpaquePointer?
    if let message = orc_debug_info_open(start, bytes.count, &info) {
      answer.failure = String(cString: message)
      orc_string_free(message)
    }
    guard let info else { return answer }
    defer { orc_debug_info_free(info) }
    answer.units = orc_debug_info_unit_count(info)
    var seen = Set<String>()
    for unit in 0..<min(answer.units, listLimit) {
      let producer = String(cString: orc_debug_info_producer(info, unit))
      if !producer.isEmpty, answer.producers.count < producerLimit, seen.insert(producer).inserted {
        answer.producers.append(Printable.shortened(producer, to: nameLimit))
      }
    }
    answer.functions = orc_debug_info_functions(info, &answer.functionsInside)
    if let frames = request.frames {
      frames.bytes.withUnsafeBytes { bytes in
        guard let start = bytes.baseAddress else { return }
        orc_debug_info_add_frames(info, start, bytes.count, frames.address)
      }
    }
    answer.unwound = request.unwinding.count { orc_debug_info_unwinds(info, $0) }
    answer.frames = request.lookups.map { frames(orc_debug_info_lookup(info, $0)) }
    if request.verifies {
      answer.files = files(bytes)
      var text: UnsafeMutablePointer<CChar>?
      answer.errors = orc_debug_info_verify(info, &text)
      answer.errorText = take(text)
    }
    return answer
  }

  private static let producerLimit = 20

  private static func files(_ bytes: UnsafeRawBufferPointer) -> [RecordedFile] {
    var size = 0
    return ((try? RecordedFile.read(bytes, named: "object")) ?? []).prefix(listLimit).prefix { file in
      size += file.path.utf8.count
      for spelling in file.spellings { size += spelling.name.utf8.count + spelling.compilationDirectory.utf8.count }
      return size < textLimit
    }
  }

  /// What grows too long stays as it was.
  private static func names(_ symbols: [String]) -> [String] {
    var size = 0
    return symbols.map { symbol in
      guard size < textLimit else { return symbol }
      let name = demangled(symbol)
      size += name.utf8.count
      return name.utf8.count > nameLimit ? symbol : name
    }
  }

  private static func take(_ text: UnsafeMutablePointer<CChar>?) -> String {
    guard let text else { return "" }
    defer { orc_string_free(text) }
    return String(cString: text)
  }

  private static func rows(_ text: UnsafeMutablePointer<CChar>?) -> [[String]] {
    take(text).split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  private static func frames(_ text: UnsafeMutablePointer<CChar>?) -> [CodeFrame] {
    rows(text).filter { $0.count == 4 }.prefix(listLimit).map {
      CodeFrame(
        function: Printable.shortened($0[0], to: nameLimit), file: Printable.shortened($0[1], to: nameLimit),
        line: Int($0[2]) ?? 0, column: Int($0[3]) ?? 0)
    }
  }

  private static func disassemble(_ code: DebugInfoRequest.Code) -> [Instruction]? {
    let names = code.names.map { UnsafePointer(strdup($0)!) }
    defer { names.forEach { free(UnsafeMutablePointer(mutating: $0)) } }
    let bytes = [UInt8](code.bytes)
    guard
      let text = orc_disassemble(code.triple, bytes, bytes.count, code.address, names, code.addresses, names.count)
    else { return nil }
    return rows(text).filter { $0.count == 3 }.map {
      Instruction(address: TargetAddress(UInt64($0[0].dropFirst(2), radix: 16) ?? 0), bytes: $0[1], text: $0[2])
    }
  }
}

/// The asking side: one process for many requests.
package final class DebugInfoWorker {
  /// Why there is no answer.
  enum Failure: Error {
    /// It took longer than the limit.
    case timeout
    /// It ended; how.
    case ended(String)
  }

  private var process: ChildProcess?
  private var input: Descriptor?
  private var output: Descriptor?
  private let program: String
  /// Seconds for one request.
  let limit: Double

  package init(limit: Double = 10) {
    self.limit = limit
    let own = ExecutorBinary.ownFile()
    program = own.hasSuffix("/jitdebug") ? own : "\(ExecutorBinary.ownFolder())/jitdebug"
  }

  deinit { stop() }

  private func stop() {
    input = nil
    output = nil
    if let process {
      kill(process.pid, SIGKILL)
      _ = process.wait()
    }
    process = nil
  }

  private func start() throws(JITDebugError) {
    var pipes: [Int32] = [-1, -1, -1, -1]
    for index in [0, 2] where pipes.withUnsafeMutableBufferPointer({ pipe($0.baseAddress! + index) }) != 0 {
      throw JITDebugError(.system, "pipe", systemMessage(errno).lowercasedFirst)
    }
    for end in pipes { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let ends = pipes.map { Descriptor($0) }
    let nowhere = Descriptor(open("/dev/null", O_WRONLY | O_CLOEXEC))
    var options = ChildProcess.Options()
    options.descriptors = [(child: 0, here: pipes[0]), (child: 1, here: pipes[3]), (child: 2, here: nowhere.raw)]
    process = try ChildProcess(program, ["debug-info-service"], options)
    (input, output) = (ends[1], ends[2])
    // A worker that ended must not end us.
    signal(SIGPIPE, SIG_IGN)
  }

  /// - Parameters:
  ///   - bytes: the object, if it is not a file.
  ///   - limit: seconds; the worker's own if left out.
  func ask(_ request: DebugInfoRequest, _ bytes: [UInt8] = [], limit: Double? = nil) throws -> DebugInfoAnswer {
    if process == nil { try start() }
    var request = request
    request.size = bytes.count
    let deadline = Deadline(secondsFromNow: limit ?? self.limit)
    guard let input, let output, let header = try? JSONEncoder().encode(request),
      send(header, bytes, to: input, deadline), let answer = readMessage(output.raw, until: deadline),
      let decoded = try? JSONDecoder().decode(DebugInfoAnswer.self, from: answer)
    else {
      let isLate = deadline.milliseconds == 0
      if isLate, let process { kill(process.pid, SIGKILL) }
      self.input = nil
      let end = process?.wait(killAfter: 2)
      process = nil
      throw isLate ? Failure.timeout : Failure.ended(end.map { "\($0)" } ?? "did not start")
    }
    return decoded
  }

  /// A worker that does not read must not hold us up.
  private func send(_ header: Data, _ bytes: [UInt8], to input: Descriptor, _ deadline: Deadline) -> Bool {
    _ = fcntl(input.raw, F_SETFL, O_NONBLOCK)
    func put(_ part: UnsafeRawBufferPointer) -> Bool {
      var done = 0
      while done < part.count {
        let count = write(input.raw, part.baseAddress! + done, part.count - done)
        if count > 0 {
          done += count
        } else if errno == EAGAIN {
          guard waitFor(POLLOUT, on: input.raw, until: deadline) else { return false }
        } else if errno != EINTR {
          return false
        }
      }
      return true
    }
    let size = withUnsafeBytes(of: UInt64(header.count)) { Array($0) }
    return size.withUnsafeBytes(put) && header.withUnsafeBytes(put) && bytes.withUnsafeBytes(put)
  }
}

/// The largest message, in bytes.
private let messageLimit: UInt64 = 1 << 26

/// A message is its size in eight bytes, and then JSON. Nil at the end of input, or when the deadline passed.
private func readMessage(_ descriptor: Int32, until deadline: Deadline? = nil) -> Data? {
  func take(_ count: Int) -> [UInt8]? {
    var done = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while done < count {
        guard waitFor(POLLIN, on: descriptor, until: deadline) else { break }
        let got = read(descriptor, buffer.baseAddress! + done, count - done)
        if got > 0 { done += got } else if got == 0 || errno != EINTR { break }
      }
      filled = done
    }
    return done == count ? bytes : nil
  }
  guard let head = take(8) else { return nil }
  let size = head.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
  guard size <= messageLimit, let body = take(Int(size)) else { return nil }
  return Data(body)
}

private func writeMessage(_ data: Data, to descriptor: Int32) -> Bool {
  let size = withUnsafeBytes(of: UInt64(data.count)) { Array($0) }
  return size.withUnsafeBytes { writeAll($0, to: descriptor) } && data.withUnsafeBytes { writeAll($0, to: descriptor) }
}

/// A file in memory without a copy of it, or bytes that were sent.
private final class MappedBytes {
  let buffer: UnsafeRawBufferPointer

  init?(_ path: String) {
    let descriptor = Descriptor(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK))
    var info = stat()
    guard fstat(descriptor.raw, &info) == 0, info.st_mode & S_IFMT == S_IFREG, info.st_size > 0,
      let start = mmap(nil, Int(info.st_size), PROT_READ, MAP_PRIVATE, descriptor.raw, 0), start != MAP_FAILED
    else { return nil }
    buffer = UnsafeRawBufferPointer(start: start, count: Int(info.st_size))
  }

  init?(reading size: Int, from descriptor: Int32) {
    guard size >= 0, size <= Int(messageLimit),
      let start = mmap(nil, max(size, 1), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      start != MAP_FAILED
    else { return nil }
    var done = 0
    while done < size {
      let got = read(descriptor, start + done, size - done)
      if got > 0 { done += got } else if got == 0 || errno != EINTR { break }
    }
    buffer = UnsafeRawBufferPointer(start: size == 0 ? nil : start, count: done)
    if done < size { return nil }
  }

  deinit {
    if let start = buffer.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), buffer.count) }
  }
}
