// Accepts controllers and gives each a supervisor process of its own, so that no session can harm the next.
import ExecutorSystem
import Wire

struct Listener {
  var host: WireString
  var port: UInt16
  var portFile: WireString?
  /// Whether anybody who reaches this machine may connect.
  var allowsRemote: Bool

  /// Serves until a signal ends the process. Throws if it cannot listen.
  func run() throws(ExecutorError) {
    process_ignore_broken_pipes()
    let signals = process_open_signals()
    guard signals >= 0 else { throw ExecutorError("cannot receive signals: \(systemError(-signals))") }
    let socket = try listen()
    try announce(socket)
    var sessions: [Int32] = []
    var events: [descriptor_event] = [.input(signals), .input(socket)]
    while !isToldToEnd(signals, &sessions) {
      wait(for: &events)
      if events[1].has_input { accept(from: socket, signals: signals, &sessions) }
    }
    descriptor_close(socket)
    if let portFile { file_remove(portFile.cString) }
    end(&sessions, signals)
  }

  private func listen() throws(ExecutorError) -> Int32 {
    let name: WireString = "\(host):\(port)"
    var address = network_address()
    if let reason = network_resolve(host.cString, port, &address) {
      throw ExecutorError("\(name): \(WireString(cString: reason))")
    }
    guard allowsRemote || network_is_loopback(&address) else {
      throw ExecutorError(
        """
        \(name): refusing to listen beyond this machine: whoever connects can run any code as this user
        note: listen on 127.0.0.1 and forward the port through ssh, or, on a network that you trust, add \
        --allow-unauthenticated-remote
        """)
    }
    let socket = network_listen(&address)
    guard socket >= 0 else { throw ExecutorError("\(name): \(systemError(-socket))") }
    return socket
  }

  private func announce(_ socket: Int32) throws(ExecutorError) {
    var text = [CChar](repeating: 0, count: 64)
    let port = network_local_address(socket, &text, text.count)
    if let portFile {
      let line: WireString = "\(port)\n"
      let error = file_replace(portFile.cString, line.cString)
      guard error == 0 else { throw ExecutorError("\(portFile): \(systemError(error))") }
    }
    let line: WireString = "\(text.withUnsafeBufferPointer { WireString(cString: $0.baseAddress!) })\n"
    let error = output_write(line.cString)
    if error != 0 { report("cannot print the address: \(systemError(error))") }
  }

  private func accept(from socket: Int32, signals: Int32, _ sessions: inout [Int32]) {
    let connection = network_accept(socket)
    guard connection >= 0 else {
      // The controller may have given up already; any other reason, such as too many open files, takes a while to pass.
      report("cannot accept a connection: \(systemError(-connection))")
      var nothing: [descriptor_event] = []
      wait(for: &nothing, atMost: 100)
      return
    }
    let child = process_fork()
    if child == 0 {
      descriptor_close(socket)
      descriptor_close(signals)
      do {
        _ = try Supervisor.run(socket: connection, detached: true)
        process_end(0)
      } catch {
        report("session: \(error.message)")
        process_end(1)
      }
    }
    descriptor_close(connection)
    if child > 0 { sessions.append(child) } else { report("cannot start a session: \(systemError(-child))") }
  }

  /// Handles the signals that have arrived.
  private func isToldToEnd(_ signals: Int32, _ sessions: inout [Int32]) -> Bool {
    var isTold = false
    while true {
      let signal = process_next_signal(signals)
      if signal == PROCESS_SIGNAL_NONE { break }
      if signal != PROCESS_SIGNAL_CHILD { isTold = true }
    }
    collect(&sessions)
    return isTold
  }

  private func collect(_ sessions: inout [Int32]) {
    var result = process_result()
    while process_collect(&result) > 0 {
      let process = result.process
      sessions.removeAll { $0 == process }
    }
  }

  /// Ends all sessions: first by asking their supervisors, who know their processes.
  private func end(_ sessions: inout [Int32], _ signals: Int32) {
    for session in sessions { _ = process_send_signal(session, 15) }
    let deadline = time_now() + 6000
    var events: [descriptor_event] = [.input(signals)]
    while !sessions.isEmpty && time_now() < deadline {
      wait(for: &events, atMost: 100)
      _ = isToldToEnd(signals, &sessions)
    }
    for session in sessions { _ = process_send_signal(session, 9) }
  }
}
