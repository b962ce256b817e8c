// Fuzzes the session: its real threads take frames from a socket; sandbox.c stands between them and the system.
// Compiled into the executor's module.
import ExecutorSystem
import Sandbox
import Wire

/// The first byte says whether the rest is the connection's bytes as they are, or frames in short: opcode, sequence
/// number, the number of one of the executor's functions, the payload's length (two bytes), the payload.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSession(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  guard size > 0, let data else { return 0 }
  let input = Array(UnsafeBufferPointer(start: data + 1, count: size - 1))
  let stream = data[0] & 1 == 0 ? input : frames(input)
  guard let channel = sandbox_begin(stream, stream.count) else { fatalError("no socket") }
  let session = Session(channel: channel)
  Session.current = session
  let context = Unmanaged.passUnretained(session)
  sandbox_run_main({ Unmanaged<Session>.fromOpaque($0).takeUnretainedValue().run() }, context.toOpaque())
  sandbox_finish()
  Session.current = nil
  return 0
}

private func frames(_ input: [UInt8]) -> [UInt8] {
  var stream: [UInt8] = []
  var position = 0
  while input.count - position >= 5 {
    let size = min(Int(input[position + 3]) | Int(input[position + 4]) << 8, input.count - position - 5)
    let header = FrameHeader(
      opcode: Opcode(rawValue: UInt64(input[position] % 4))!, sequenceNumber: UInt64(input[position + 1]),
      tag: wrapper_address(UInt32(input[position + 2] % 48)), payloadSize: UInt64(size))
    stream += header.encoded
    stream += input[(position + 5)..<(position + 5 + size)]
    position += 5 + size
  }
  return stream
}

/// Something took the process's end for the session's: the others are told to finish.
@_cdecl("sandbox_session_ends")
public func sessionEnds() { Session.current?.end() }
