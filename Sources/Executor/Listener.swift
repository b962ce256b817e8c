// Accepts controllers and gives each a supervisor process of its own, so that no session can harm the next.
import ExecutorSystem
import Wire

struct Listener {
  /// `HOST:PORT`; null chooses a port of this machine's own address.
  var address: UnsafePointer<CChar>?
  var portFile: UnsafePointer<CChar>?
  /// Whether anybody who reaches this machine may connect.
  var allowsRemote = false

  /// Serves until a signal ends the process. Throws if it cannot listen.
  func run() throws(ExecutorError) {
    process_ignore_broken_pipes()
    let signals = process_open_signals()
    try check(-signals, "cannot receive signals")
    let socket = try listen()
    try announce(socket)
    var waiter = waiter()
    waiter_watch(&waiter, 0, signals, true)
    waiter_watch(&waiter, 1, socket, true)
    while !isToldToEnd(signals) {
      waiter_wait(&waiter, -1)
      if waiter_has_input(&waiter, 1) { accept(from: socket, signals: signals) }
    }
    descriptor_close(socket)
    if let portFile { file_remove(portFile) }
    endSessions(signals)
  }

  private func listen() throws(ExecutorError) -> Int32 {
    let name = address.map { WireString(cString: $0) } ?? "127.0.0.1:0"
    var address = network_address()
    if let reason = network_resolve(name.cString, &address) {
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
    try check(-socket, on: name)
    return socket
  }

  private func announce(_ socket: Int32) throws(ExecutorError) {
    var line = [UInt8](repeating: 0, count: 64)
    let port = network_local_address(socket, &line, line.count)
    if let portFile { try check(file_replace(portFile, port), on: WireString(cString: portFile)) }
    // Nobody may be reading; the port file tells the port too.
    _ = output_write(line)
  }

  private func accept(from socket: Int32, signals: Int32) {
    let connection = network_accept(socket)
    guard connection >= 0 else {
      // The controller may have given up already; any other reason, such as too many open files, takes a while to pass.
      report("cannot accept a connection: \(systemError(-connection))")
      var nothing = waiter()
      waiter_wait(&nothing, 100)
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
    if child < 0 { report("cannot start a session: \(systemError(-child))") }
  }

  /// Handles the signals that have arrived.
  private func isToldToEnd(_ signals: Int32) -> Bool {
    var isTold = false
    while true {
      let signal = process_next_signal(signals)
      if signal == PROCESS_SIGNAL_NONE { break }
      if signal != PROCESS_SIGNAL_CHILD { isTold = true }
    }
    _ = hasSessions()
    return isTold
  }

  /// Collects the supervisors that have ended.
  private func hasSessions() -> Bool {
    var result = process_result()
    while true {
      let found = process_collect(&result)
      if found <= 0 { return found == 0 }
    }
  }

  /// Ends all sessions: first by asking their supervisors, who know their processes.
  private func endSessions(_ signals: Int32) {
    process_signal_children(15)
    let deadline = time_now() + 6000
    var waiter = waiter()
    waiter_watch(&waiter, 0, signals, true)
    while hasSessions() && time_now() < deadline {
      waiter_wait(&waiter, 100)
      _ = isToldToEnd(signals)
    }
    process_signal_children(9)
  }
}
