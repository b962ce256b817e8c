// Prepares a session's process for its program: directory, environment, standard streams.
import ExecutorSystem
import Wire

/// The pipes that the supervisor made for the program's output; their readers are the supervisor's.
struct OutputPipes {
  var output: pipe_ends
  var error: pipe_ends

  static func create() throws(ExecutorError) -> OutputPipes {
    var pipes = OutputPipes(output: pipe_ends(), error: pipe_ends())
    try check(pipe_create(&pipes.output), "cannot create a pipe")
    try check(pipe_create(&pipes.error), "cannot create a pipe")
    return pipes
  }

  func closeReaders() {
    descriptor_close(output.reader)
    descriptor_close(error.reader)
  }

  func closeWriters() {
    descriptor_close(output.writer)
    descriptor_close(error.writer)
  }
}

/// The process's side of `ExtensionSymbol.configure` and `.stdinWrite`.
final class ProcessSetup {
  private let channel: OpaquePointer
  /// The end of standard input's pipe that is written to; nil before forwarding, negative once closed.
  private var inputWriter: Int32?

  init(channel: OpaquePointer) { self.channel = channel }

  /// Carries out a ConfigureRequest, which `request` has been found to hold.
  func configure(_ request: SPSReader) throws(ExecutorError) {
    var request = request
    let folder = request.nextString()
    renewal_expect()
    if !folder.utf8.isEmpty { try check(directory_change(folder.cString), on: folder) }
    for _ in 0..<request.nextCount(minimumSize: 16) {
      let name = request.nextString()
      try check(environment_set(name.cString, request.nextString().cString), on: "environment variable '\(name)'")
    }
    let forwards = request.nextU8() == 1
    let mask = request.nextU8()
    if mask & ConfigureRequest.reportsCrashes != 0 { crash_expect(channel, ConfigureRequest.crashTag) }
    if forwards { try forwardStreams(&request, mask) }
    if mask & ConfigureRequest.beginsAnew != 0 {
      renewal_begin(channel, ConfigureRequest.exitTag, wrapper_address(Builtin.restart.rawValue))
    }
  }

  private func forwardStreams(_ request: inout SPSReader, _ terminalMask: UInt8) throws(ExecutorError) {
    guard inputWriter == nil else { throw ExecutorError("the standard streams are forwarded already") }
    let writer = streams_forward_input()
    try check(-writer, "cannot create a pipe")
    inputWriter = writer
    output_keep_standard_error()
    let outputTag = request.nextU64()
    channel_set_tags(channel, outputTag, request.nextU64())
    streams_forward_output(channel_writer(channel, false), channel_writer(channel, true))
    if terminalMask & 0b010 != 0 { streams_buffer_lines() }
    if terminalMask & ConfigureRequest.keepsRunning != 0 { channel_keep(channel) }
  }

  /// Blocks until the pipe has taken all bytes; none close it.
  func writeInput(_ bytes: [UInt8]) throws(ExecutorError) {
    guard let inputWriter else { throw ExecutorError("standard input is not forwarded") }
    if inputWriter < 0 { return }
    if bytes.isEmpty
      || bytes.withUnsafeBufferPointer({ streams_write_input(inputWriter, $0.baseAddress!, $0.count) }) != 0
    {
      closeInput()
    }
  }

  /// The program finds the end of its input, if that is forwarded.
  func closeInput() {
    guard let writer = inputWriter, writer >= 0 else { return }
    inputWriter = -1
    streams_close_input(writer)
  }
}
