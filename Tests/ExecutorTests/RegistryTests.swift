// The parts that keep lists, as plain functions in this process: memory, frames, debug objects, emulated thread-locals.
import ExecutorSystem
import Foundation
import Glibc
import Testing
import Wire

@testable import Executor

@Suite struct MemoryManagerTests {
  private let page = UInt64(sysconf(Int32(_SC_PAGESIZE)))

  private func request(_ address: UInt64, _ size: UInt64, _ access: SegmentAccess, _ content: [UInt8] = [])
    -> FinalizeRequest
  {
    var request = FinalizeRequest()
    request.append(access: access, address: address, size: size, content: content)
    return request
  }

  @Test func codeLiesWhereShortAddressesReach() throws {
    let memory = MemoryManager { _ in nil }
    let base = try memory.reserve(size: 1)
    #expect(base % page == 0)
    #expect(base < 1 << 31)
    try memory.release(base: base)
  }

  @Test func contentIsCopiedAndTheRestIsZero() throws {
    let memory = MemoryManager { _ in nil }
    let base = try memory.reserve(size: 3 * page)
    #expect(try memory.initialize(request(base + page, 2 * page, [.read, .write], [1, 2])) == base + page)
    #expect(load(UInt32.self, base + page) == 0x0201)
    #expect(load(UInt64.self, base + 3 * page - 8) == 0)
    // Nothing of it shows after the memory has been used anew.
    try memory.deinitialize(key: base + page)
    #expect(try memory.initialize(request(base + page, page, [.read])) == base + page)
    #expect(load(UInt32.self, base + page) == 0)
    try memory.release(base: base)
  }

  @Test func compressedContentFillsTheSegmentOrFails() throws {
    let memory = MemoryManager { _ in nil }
    let base = try memory.reserve(size: page)
    // A byte, a match of 99 that repeats it, and no literals at the end.
    let block: [UInt8] = [0x1f, 0x77, 1, 0, 80, 0]
    for size in [0, 1, 99, 101, page] as [UInt64] {
      #expect(throws: ExecutorError.self) { try memory.initialize(request(base, size, [.read, .compressed], block)) }
    }
    for count in 0..<block.count {
      let part = Array(block.prefix(count))
      #expect(throws: ExecutorError.self) { try memory.initialize(request(base, 100, [.read, .compressed], part)) }
    }
    #expect(!memory.isReady(base..<(base + 1), for: .read))
    #expect(try memory.initialize(request(base, 100, [.read, .execute, .compressed], block)) == base)
    #expect(memory.isReady(base..<(base + 100), for: [.read, .execute]))
    #expect(load(UInt64.self, base + 92) == 0x7777_7777_7777_7777)
    #expect(load(UInt64.self, base + 100) == 0)
    try memory.release(base: base)
  }

  @Test func readinessFollowsSegments() throws {
    var isReadyDuringAction = true
    var memory: MemoryManager!
    var base: UInt64 = 0
    let size = page
    memory = MemoryManager { _ in
      isReadyDuringAction = memory.isReady(base..<(base + 1), for: .read)
      return nil
    }
    base = try memory.reserve(size: 4 * page)
    #expect(!memory.isReady(base..<(base + 1), for: []))
    var both = request(base, 100, [.read, .execute], [0xc3])
    both.append(access: [.read, .write], address: base + size, size: size, content: [])
    both.actions = [AllocationAction(finalize: WrapperCall(function: 1, arguments: []))]
    _ = try memory.initialize(both)
    #expect(!isReadyDuringAction)
    #expect(memory.isReady(base..<(base + 1), for: .execute))
    #expect(memory.isReady(base..<(base + 100), for: .execute))
    #expect(!memory.isReady(base..<(base + 101), for: .execute))
    #expect(!memory.isReady((base + size)..<(base + size + 1), for: .execute))
    #expect(memory.isReady((base + size)..<(base + 2 * size), for: [.read, .write]))
    #expect(!memory.isReady((base + 2 * size)..<(base + 2 * size + 1), for: .read))
    #expect(!memory.isReady(0..<1, for: .read))
    #expect(!memory.isReady(UInt64.max..<UInt64.max, for: .read))
    try memory.deinitialize(key: base)
    #expect(!memory.isReady(base..<(base + 1), for: .execute))
    try memory.release(base: base)
  }

  @Test func overlapsAndStrangersAreRefused() throws {
    let memory = MemoryManager { _ in nil }
    let base = try memory.reserve(size: 4 * page)
    _ = try memory.initialize(request(base + page, page, .read))
    for (address, size) in [(base + page, page), (base, 2 * page), (base, 4 * page), (base + 3 * page, 2 * page)] {
      #expect(throws: ExecutorError.self) { try memory.initialize(request(address, size, .read)) }
    }
    #expect(throws: ExecutorError.self) { try memory.deinitialize(key: base) }
    #expect(throws: ExecutorError.self) { try memory.release(base: base + page) }
    _ = try memory.initialize(request(base, page, .read))
    _ = try memory.initialize(request(base + 2 * page, 2 * page, .read))
    try memory.release(base: base)
    #expect(throws: ExecutorError.self) { try memory.release(base: base) }
    #expect(throws: ExecutorError.self) { try memory.initialize(request(base, page, .read)) }
  }

  @Test func actionsAreUndoneInReverse() throws {
    var log: [UInt64] = []
    let memory = MemoryManager { call in
      log.append(call.function)
      return call.function == 13 ? "thirteen" : nil
    }
    func pair(_ finalize: UInt64, _ deallocate: UInt64) -> AllocationAction {
      AllocationAction(
        finalize: WrapperCall(function: finalize, arguments: []),
        deallocate: WrapperCall(function: deallocate, arguments: []))
    }
    let base = try memory.reserve(size: 2 * page)
    var first = request(base, page, .read)
    first.actions = [pair(1, 101), pair(0, 102), pair(3, 0)]
    _ = try memory.initialize(first)
    var second = request(base + page, page, .read)
    second.actions = [pair(4, 104)]
    _ = try memory.initialize(second)
    #expect(log == [1, 3, 4])
    log = []
    try memory.release(base: base)
    #expect(log == [104, 102, 101])

    log = []
    let other = try memory.reserve(size: page)
    var failing = request(other, page, .read)
    failing.actions = [pair(1, 101), pair(13, 113), pair(5, 105)]
    #expect(throws: ExecutorError("thirteen")) { try memory.initialize(failing) }
    #expect(log == [1, 13, 101])
    // And the memory can be initialized again.
    _ = try memory.initialize(request(other, page, .read))
    try memory.release(base: other)
  }

  @Test func addressesOfCodeAreNotUsedAgain() throws {
    let memory = MemoryManager { _ in nil }
    var used: [Range<UInt64>] = []
    for _ in 0..<20 {
      let base = try memory.reserve(size: 16 * page)
      let range = base..<(base + 16 * page)
      #expect(!used.contains { $0.overlaps(range) })
      used.append(range)
      _ = try memory.initialize(request(base, page, [.read, .execute], [0xc3]))
      try memory.release(base: base)
    }
  }
}

extension MemoryManager {
  fileprivate func initialize(_ request: FinalizeRequest) throws -> UInt64 {
    var writer = SPSWriter()
    request.encode(to: &writer)
    return try initialize(SPSReader(writer.bytes))
  }
}

private func load<Value>(_ type: Value.Type, _ address: UInt64) -> Value {
  UnsafeRawPointer(bitPattern: UInt(address))!.loadUnaligned(as: type)
}

@Suite struct FrameRegistryTests {
  private func isTerminated(_ bytes: [UInt8], count: Int? = nil) -> Bool {
    bytes.withUnsafeBytes {
      let start = UInt64(UInt(bitPattern: $0.baseAddress))
      return frames_are_terminated(start, start + UInt64(count ?? bytes.count))
    }
  }

  @Test func sectionsEndInAZero() {
    #expect(isTerminated([0, 0, 0, 0]))
    #expect(isTerminated([4, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0]))
    #expect(isTerminated([0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0]))
    #expect(!isTerminated([0, 0, 0]))
    #expect(!isTerminated([4, 0, 0, 0, 1, 2, 3, 4]))
    #expect(!isTerminated([5, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0]))
    #expect(!isTerminated([0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0]))
    #expect(!isTerminated([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]))
    #expect(!isTerminated([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))
  }

  @Test func onlyRegisteredSectionsAreDeregistered() throws {
    let section = UnsafeMutableRawPointer.allocate(byteCount: 4, alignment: 4)
    defer { section.deallocate() }
    section.storeBytes(of: 0, as: UInt32.self)
    let range = UInt64(UInt(bitPattern: section))..<UInt64(UInt(bitPattern: section) + 4)
    #expect(throws: ExecutorError.self) { try FrameRegistry.deregister(range) }
    try FrameRegistry.register(range)
    try FrameRegistry.deregister(range)
    #expect(throws: ExecutorError.self) { try FrameRegistry.deregister(range) }
    try FrameRegistry.register(0..<0)
    try FrameRegistry.deregister(0..<0)
  }
}

// One list for the whole process, so one test after the other.
@Suite(.serialized) struct DebugRegistryTests {
  @Test func objectsAreKeptUntilTheyGo() throws {
    let count = DebugRegistry.count
    let objects = (1...5).map { UInt64($0) * 0x1000..<(UInt64($0) * 0x1000 + 16) }
    for object in objects { try DebugRegistry.register(object) }
    #expect(DebugRegistry.count == count + 5)
    // From the middle, the ends, and what is left.
    for i in [2, 0, 4, 1, 3] { try DebugRegistry.unregister(objects[i]) }
    #expect(DebugRegistry.count == count)
  }

  @Test func unknownObjectsAreErrors() throws {
    try DebugRegistry.register(0x8000..<0x8010, notify: false)
    #expect(throws: ExecutorError.self) { try DebugRegistry.unregister(0x8000..<0x8011) }
    #expect(throws: ExecutorError.self) { try DebugRegistry.unregister(0x8001..<0x8010) }
    #expect(throws: ExecutorError.self) { try DebugRegistry.register(0x8000..<0x8000) }
    try DebugRegistry.unregister(0x8000..<0x8010)
    #expect(throws: ExecutorError.self) { try DebugRegistry.unregister(0x8000..<0x8010) }
  }

  @Test func manyThreadsMayRegister() throws {
    let count = DebugRegistry.count
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for i in 0..<200 {
        let start = UInt64(thread + 1) << 32 | UInt64(i + 1) << 8
        try! DebugRegistry.register(start..<(start + 8))
        if i % 2 == 0 { try! DebugRegistry.unregister(start..<(start + 8)) }
      }
    }
    #expect(DebugRegistry.count == count + 800)
    for thread in 0..<8 {
      for i in stride(from: 1, to: 200, by: 2) {
        let start = UInt64(thread + 1) << 32 | UInt64(i + 1) << 8
        try DebugRegistry.unregister(start..<(start + 8))
      }
    }
    #expect(DebugRegistry.count == count)
  }
}

@Suite struct EmulatedTLSTests {
  @Test func variablesAreEachThreadsOwnAndKeepTheirAddress() {
    let initial = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    initial.initialize(to: 5)
    var controls = (0..<100).map { i in
      emulated_tls_control(
        size: MemoryLayout<Int>.size, alignment: i == 50 ? 256 : 8, index: 0,
        value: i % 2 == 0 ? UnsafeRawPointer(initial) : nil)
    }
    controls.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let controls = buffer
      @Sendable func address(_ i: Int) -> UnsafeMutablePointer<Int> {
        emulated_tls_address(&controls[i]).assumingMemoryBound(to: Int.self)
      }
      let first = address(0)
      for i in 0..<100 {
        #expect(address(i).pointee == (i % 2 == 0 ? 5 : 0))
        address(i).pointee = i
      }
      #expect(UInt(bitPattern: address(50)) % 256 == 0)
      #expect(address(0) == first)
      let thread = Thread { for i in 0..<100 where address(i).pointee != (i % 2 == 0 ? 5 : 0) { abort() } }
      thread.start()
      #expect(eventually { thread.isFinished })
      for i in 0..<100 { #expect(address(i).pointee == i) }
    }
  }
}
