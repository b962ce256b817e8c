// Prepares a session's process for its program: directory, environment, standard streams.
import ExecutorSystem
import Wire

/// The pipes that the supervisor made for the program's output; their readers are the supervisor's.
struct OutputPipes {
  var output: pipe_ends
  var error: pipe_ends

  init() throws(ExecutorError) {
    output = pipe_ends()
    error = pipe_ends()
    try check(pipe_create(&output), "cannot create a pipe")
    try check(pipe_create(&error), "cannot create a pipe")
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
  private let pipes: OutputPipes
  /// The end of standard input's pipe that is written to; nil before forwarding, negative once closed.
  private var inputWriter: Int32?

  init(channel: OpaquePointer, pipes: OutputPipes) {
    self.channel = channel
    self.pipes = pipes
  }

  func configure(_ request: ConfigureRequest) throws(ExecutorError) {
    if !request.workingDirectory.utf8.isEmpty {
      try check(directory_change(request.workingDirectory.cString), on: request.workingDirectory)
    }
    for i in stride(from: 0, to: request.environmentWords.count, by: 2) {
      let name = request.environmentWords[i]
      try check(
        environment_set(name.cString, request.environmentWords[i + 1].cString), on: "environment variable '\(name)'")
    }
    if request.forwardsStandardStreams { try forwardStreams(request) }
  }

  private func forwardStreams(_ request: ConfigureRequest) throws(ExecutorError) {
    guard inputWriter == nil else { throw ExecutorError("the standard streams are forwarded already") }
    let writer = streams_forward_input()
    try check(-writer, "cannot create a pipe")
    inputWriter = writer
    output_keep_standard_error()
    channel_set_tags(channel, request.standardOutputTag, request.standardErrorTag)
    streams_forward_output(pipes.output.writer, pipes.error.writer)
    if request.terminalMask & 0b010 != 0 { streams_buffer_lines() }
  }

  /// Blocks until the pipe has taken all bytes; none close it.
  func writeInput(_ bytes: [UInt8]) throws(ExecutorError) {
    guard let inputWriter else { throw ExecutorError("standard input is not forwarded") }
    if inputWriter < 0 { return }
    if bytes.isEmpty
      || bytes.withUnsafeBufferPointer({ streams_write_input(inputWriter, $0.baseAddress!, $0.count) }) != 0
    {
      streams_close_input(inputWriter)
      self.inputWriter = -1
    }
  }
}
