// Relocatable objects and archives, read through the bridge.

import OrcBridge

/// The bytes of a file at an address that does not move: JITLink reads objects in place.
package final class FileBytes: Sendable {
  /// Nobody writes to it.
  package nonisolated(unsafe) let buffer: UnsafeRawBufferPointer

  package init(copying bytes: UnsafeRawBufferPointer) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 16)
    copy.copyMemory(from: bytes)
    buffer = UnsafeRawBufferPointer(rebasing: copy[..<bytes.count])
  }

  package init(taking bytes: UnsafeMutableRawBufferPointer, count: Int) {
    buffer = UnsafeRawBufferPointer(rebasing: bytes[..<count])
  }

  deinit { buffer.deallocate() }
}

/// A relocatable object: what it defines, what it needs, and its link graph.
package final class ObjectFile {
  package struct Symbol: Sendable {
    package var name: String
    package var kind: orc_symbol_kind
    package var isFunction: Bool
    package var size: UInt64
  }

  package let name: String
  package let symbols: [Symbol]
  /// ELF's e_flags.
  package let machineFlags: UInt32
  private let bytes: FileBytes
  private var handle: OpaquePointer?

  /// - Parameter name: how messages call it: a path, or `archive.a(member.o)`.
  package init(name: String, bytes: FileBytes) throws(JITDebugError) {
    let (start, size) = (bytes.buffer.baseAddress!, bytes.buffer.count)
    let threadLocal = bridgeText(orc_object_native_tls(start, size))
    var object: OpaquePointer?
    do {
      try callBridge(.input, name) { orc_object_parse(start, size, name, &object) }
    } catch {
      guard let threadLocal, !threadLocal.isEmpty else { throw error.asDamage("object") }
      throw Self.nativeThreadLocal(threadLocal, in: name)
    }
    if let threadLocal {
      orc_object_free(object!)
      throw Self.nativeThreadLocal(threadLocal, in: name)
    }
    self.name = name
    self.bytes = bytes
    machineFlags = Architecture.ObjectHeader(bytes.buffer).flags
    handle = object
    symbols = (0..<orc_object_symbol_count(object!)).map { index in
      let symbol = orc_object_symbol(object!, index)
      return Symbol(
        name: String(cString: symbol.name), kind: symbol.kind, isFunction: symbol.is_function, size: symbol.size)
    }
  }

  private static func nativeThreadLocal(_ variable: String, in name: String) -> JITDebugError {
    let which = variable.isEmpty ? "variables" : "variable '\(demangled(variable))'"
    return JITDebugError(
      .input, name, "thread-local \(which) in the native layout, which cannot be added to a running process",
      remedy: "compile it with -femulated-tls, as jitdebug does with sources")
  }

  package func hasSection(_ name: String) -> Bool { orc_object_has_section(handle!, name) }

  /// What it will take in the target's memory, symbols of the stub included, in bytes: hardly ever more.
  package var memoryBound: UInt64 { orc_object_memory_bound(handle!) }

  /// Gives up a weak or common definition in favour of another object's.
  package func discard(symbolAt index: Int) {
    orc_object_discard(handle!, index)
  }

  /// For an object that was not optimised: calls of its static functions may lead to those of a later generation.
  package func redirectLocalCalls() { orc_object_redirect_local_calls(handle!) }

  /// Hands the link graph over to a linker, once.
  func release() -> (handle: OpaquePointer, bytes: FileBytes) {
    defer { handle = nil }
    return (handle!, bytes)
  }

  deinit {
    if let handle { orc_object_free(handle) }
  }
}

/// A static library whose members are taken as they are needed.
package final class ArchiveFile {
  package let name: String
  private let bytes: FileBytes
  private let handle: OpaquePointer
  /// Which member defines a symbol; the first one counts.
  package let index: [String: Int]

  package init(name: String, bytes: FileBytes) throws(JITDebugError) {
    var archive: OpaquePointer?
    do {
      try callBridge(.input, name) { orc_archive_open(bytes.buffer.baseAddress!, bytes.buffer.count, name, &archive) }
    } catch {
      throw error.asDamage("archive")
    }
    self.name = name
    self.bytes = bytes
    handle = archive!
    var index: [String: Int] = [:]
    for i in 0..<orc_archive_symbol_count(archive!) {
      let symbol = String(cString: orc_archive_symbol_name(archive!, i))
      if index[symbol] == nil { index[symbol] = orc_archive_symbol_member(archive!, i) }
    }
    self.index = index
  }

  /// The member's content as an object named `archive(member)`.
  package func object(at member: Int, check: (FileBytes, String) throws(JITDebugError) -> Void)
    throws(JITDebugError) -> ObjectFile
  {
    let memberName = "\(name)(\(String(cString: orc_archive_member_name(handle, member))))"
    var start: UnsafeRawPointer?
    var size = 0
    try callBridge(.input, memberName) { orc_archive_member_bytes(handle, member, &start, &size) }
    let bytes = FileBytes(copying: UnsafeRawBufferPointer(start: start, count: size))
    try check(bytes, memberName)
    return try ObjectFile(name: memberName, bytes: bytes)
  }

  deinit { orc_archive_free(handle) }
}
