// The executor's command line.
import ExecutorSystem
import Wire

let executorVersion: StaticString = "0.1.0"

/// What the command line asks for.
enum Command {
  case help
  case version
  case listen(Listener)
  case serve(Listener)
  /// Going on with the session that `ExtensionSymbol.restart` left to this process.
  case resume

  static var usage: StaticString {
    """
    usage: jitdebug-executor [--listen ADDRESS | --dial HOST:PORT] [OPTION...]
           jitdebug-executor --stdio | --fd N

    Runs code that a controller such as jitdebug, llvm-jitlink or clang-repl links into it.

      --listen ADDRESS    accept controllers at HOST:PORT or unix:PATH, each in a process of its
                          own, and print it (default 127.0.0.1:0: the system chooses a port)
      --dial HOST:PORT    connect to controllers that listen there, again and again
      --token-file FILE   serve only who knows the token in FILE, which no other user may read
      --insecure          serve other machines without a token: whoever gets through can run any
                          code as this user
      --port-file FILE    write the port's number to FILE, and remove FILE at the end
      --max-sessions N    serve at most N at a time
      --idle-timeout S    end sessions that do nothing for S seconds
      --session-timeout S end sessions after S seconds
      --limit-memory SIZE address space of each process, in bytes, K, M or G
      --limit-cpu S       seconds of processor time of each process
      --user NAME         become this user, a name or a number, once it listens
      --quiet             do not log sessions
      --stdio             serve the one controller at standard input and output
      --fd N              serve the one controller at the other end of the socket N
      --help              print this text
      --version           print the version

    """
  }

  static var versionLine: WireString { "jitdebug-executor \(executorVersion)\n" }

  /// Reads the arguments after the program's name, up to a null, which live as long as the process.
  init(_ arguments: argument_words) throws(ExecutorError) {
    var options = executor_options()
    var subject: UnsafePointer<CChar>?
    let reason = arguments_read(arguments, &options, &subject)
    try check(reason, on: subject)
    service_begin(&options)
    let listens = options.listen != nil || options.dial != nil
    if options.help {
      self = .help
    } else if options.version {
      self = .version
    } else if options.session {
      self = .resume
    } else if options.fd < 0 && !options.stdio {
      guard options.listen == nil || options.dial == nil else {
        throw ExecutorError("--dial: cannot be combined with --listen")
      }
      self = .listen(Listener(options: options))
    } else if !listens && options.user == nil && options.port_file == nil && !options.insecure
      && (options.fd < 0 || !options.stdio)
    {
      self = .serve(Listener(options: options))
    } else {
      throw ExecutorError(
        "\(options.stdio ? "--stdio" : "--fd" as StaticString): cannot be combined with options for listening")
    }
  }
}
