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
    let failure = pipe_create(&output)
    guard failure == 0 else { throw ExecutorError("cannot create a pipe: \(systemError(failure))") }
    let secondFailure = pipe_create(&error)
    guard secondFailure == 0 else { throw ExecutorError("cannot create a pipe: \(systemError(secondFailure))") }
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
      let error = directory_change(request.workingDirectory.cString)
      guard error == 0 else { throw ExecutorError("\(request.workingDirectory): \(systemError(error))") }
    }
    for variable in request.environment {
      let error = environment_set(variable.name.cString, variable.value.cString)
      guard error == 0 else {
        throw ExecutorError("environment variable '\(variable.name)': \(systemError(error))")
      }
    }
    if request.forwardsStandardStreams { try forwardStreams(request) }
  }

  private func forwardStreams(_ request: ConfigureRequest) throws(ExecutorError) {
    guard inputWriter == nil else { throw ExecutorError("the standard streams are forwarded already") }
    let writer = streams_forward_input()
    guard writer >= 0 else { throw ExecutorError("cannot create a pipe: \(systemError(-writer))") }
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
    if bytes.isEmpty || bytes.withUnsafeBufferPointer({ streams_write_input(inputWriter, $0.baseAddress!, $0.count) }) != 0 {
      streams_close_input(inputWriter)
      self.inputWriter = -1
    }
  }
}
