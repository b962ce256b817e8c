// An object as the cache keeps it: with what it was made of, and what the compiler said.

import Glibc
import Wire

struct CachedObject {
  /// What was read, the source first, with the hashes of the contents.
  var files: [(path: String, hash: [UInt8])] = []
  /// What must still not be there, and what must.
  var absent: [String] = []
  var present: [String] = []
  var messages: [UInt8] = []
  /// The compiler's list of dependencies as it wrote it; empty where it read the source alone.
  var dependencies: [UInt8] = []
  var object: [UInt8] = []

  init() {}

  /// Nil if the bytes mean something else.
  init?(_ bytes: [UInt8]) {
    var reader = SPSReader(bytes)
    for _ in 0..<reader.nextCount(minimumSize: 16) {
      let path = reader.nextString()
      files.append((path, reader.nextByteSequence()))
    }
    absent = reader.nextStrings()
    present = reader.nextStrings()
    messages = reader.nextByteSequence()
    dependencies = reader.nextByteSequence()
    object = reader.nextByteSequence()
    reader.nextEnd()
    guard reader.failure == nil, !files.isEmpty else { return nil }
  }

  var bytes: [UInt8] {
    var writer = SPSWriter(reservingCapacity: object.count + (1 << 14))
    writer.append(sequence: files) {
      $0.append(string: $1.path)
      $0.append(bytes: $1.hash)
    }
    for list in [absent, present] { writer.append(sequence: list) { $0.append(string: $1) } }
    writer.append(bytes: messages)
    writer.append(bytes: dependencies)
    writer.append(bytes: object)
    return writer.bytes
  }

  /// Whether compiling would come to the same object, but for the source's own content: that is part of the entry's name.
  var isCurrent: Bool {
    absent.allSatisfy { access($0, F_OK) != 0 } && present.allSatisfy { access($0, F_OK) == 0 }
      && files.dropFirst().allSatisfy { path, hash in
        (try? readFile(path)).map { BuildID.hash($0.buffer) == hash } ?? false
      }
  }
}
