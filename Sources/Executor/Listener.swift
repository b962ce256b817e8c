// Accepts controllers and gives each a supervisor process of its own, so that no session can harm the next.
import ExecutorSystem
import Wire

struct Listener {
  let options: executor_options

  /// Serves until a signal ends the process. Throws if it cannot listen.
  func run() throws(ExecutorError) {
    process_ignore_broken_pipes()
    let signals = process_open_signals()
    try check(-signals, "cannot receive signals")
    let given = options.dial ?? options.listen
    let name = given.map { WireString(cString: $0) } ?? "127.0.0.1:0"
    var address = network_address()
    if let reason = network_resolve(name.cString, &address) {
      throw ExecutorError("\(name): \(WireString(cString: reason))")
    }
    guard options.insecure || options.token_file != nil || network_is_loopback(&address) else {
      throw ExecutorError(
        """
        \(name): refusing to serve other machines: whoever connects can run any code as this user
        note: add --token-file FILE, or use 127.0.0.1 and SSH; --insecure if everybody there may do that
        """)
    }
    try readToken()
    var socket: Int32 = -1
    if options.dial != nil {
      door_dial(&address)
    } else {
      socket = network_listen(&address)
      try check(-socket, on: name)
    }
    try check(service_become_user(), on: options.user)
    if socket >= 0 { try announce(socket) }
    while !isToldToEnd(signals) {
      let connection = door_wait(signals, socket)
      if connection > 0 {
        guard service_has_room(connection) else { continue }
        startSession(connection, socket, signals)
      } else if connection < 0 {
        // The controller may have given up already; any other reason, such as too many open files, takes a while to pass.
        report("cannot accept a connection: \(systemError(-connection))")
        var nothing = waiter()
        waiter_wait(&nothing, 100)
      }
    }
    descriptor_close(socket)
    if let portFile = options.port_file { file_remove(portFile) }
    if let given, options.dial == nil, let path = network_path(given) { file_remove(path) }
    endSessions(signals)
  }

  func readToken() throws(ExecutorError) {
    guard let tokenFile = options.token_file else { return }
    try check(door_read_token(tokenFile), on: tokenFile)
  }

  private func announce(_ socket: Int32) throws(ExecutorError) {
    var line = [UInt8](repeating: 0, count: 128)
    let port = network_address_text(socket, false, &line, line.count)
    if let portFile = options.port_file { try check(file_replace(portFile, port), on: WireString(cString: portFile)) }
    // Nobody may be reading; the port file tells the port too.
    _ = output_write(line)
  }

  private func startSession(_ connection: Int32, _ socket: Int32, _ signals: Int32) {
    let child = process_fork()
    if child == 0 {
      descriptor_close(socket)
      descriptor_close(signals)
      door_forget()
      do {
        _ = try Supervisor.run(socket: connection, detached: true)
        process_end(0)
      } catch {
        report("session: \(error.message)")
        process_end(1)
      }
    }
    descriptor_close(connection)
    if child > 0 { service_count(1) }
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
      service_count(-1)
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
