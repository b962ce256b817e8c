// The executor's command line.
import ExecutorSystem
import Wire

let executorVersion: WireString = "0.1.0"

/// What the command line asks for.
enum Command {
  case help
  case version
  case listen(Listener)
  case serve(descriptor: Int32)

  static var usage: WireString {
    """
    usage: jitdebug-executor [--listen HOST:PORT] [--port-file FILE]
           jitdebug-executor --fd N

    Runs code that a controller such as jitdebug, llvm-jitlink or clang-repl links into it.

      --listen HOST:PORT  accept controllers there, each in a process of its own, and print
                          the address (default 127.0.0.1:0: a port that the system chooses)
      --port-file FILE    write the port's number to FILE, and remove FILE at the end
      --allow-unauthenticated-remote
                          listen on other addresses than this machine's own too; whoever
                          reaches the port can run any code as the user of this process
      --fd N              serve the one controller at the other end of the socket N
      --help              print this text
      --version           print the version

    """
  }

  static var versionLine: WireString { "jitdebug-executor \(executorVersion)\n" }

  /// Reads the arguments after the program's name, up to a null, which live as long as the process.
  init(_ arguments: argument_words) throws(ExecutorError) {
    var words: argument_words = arguments
    var listener = Listener()
    var listens = false
    var descriptor: Int64?
    while let word = words.pointee {
      if argument_take(&words, cConstant("--help")) || argument_take(&words, cConstant("-h")) {
        self = .help
        return
      }
      if argument_take(&words, cConstant("--version")) {
        self = .version
        return
      }
      if let value = argument_take_value(&words, cConstant("--fd")) {
        descriptor = argument_number(value, Int64(Int32.max))
        if descriptor == -1 { throw ExecutorError("--fd: not the number of a descriptor") }
        continue
      }
      listens = true
      if let value = argument_take_value(&words, cConstant("--listen")) {
        listener.address = value
      } else if let value = argument_take_value(&words, cConstant("--port-file")) {
        guard value.pointee != 0 else { throw ExecutorError("--port-file: missing value") }
        listener.portFile = value
      } else if argument_take(&words, cConstant("--allow-unauthenticated-remote")) {
        listener.allowsRemote = true
      } else {
        throw ExecutorError("\(WireString(cString: word)): unknown argument")
      }
    }
    guard let descriptor else {
      self = .listen(listener)
      return
    }
    guard !listens else { throw ExecutorError("--fd: cannot be combined with options for listening") }
    self = .serve(descriptor: Int32(descriptor))
  }
}
