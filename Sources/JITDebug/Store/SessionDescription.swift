// The content of a session's `session.json`: what a run was, and what other commands need to attach to it.

/// One run, as `session.json` describes it. Addresses are strings such as "0x7f1200000000", sizes are bytes.
package struct SessionDescription: Codable, Equatable, Sendable {
  /// The version this program writes and the newest it reads.
  package static let currentSchemaVersion = 1

  /// Raised whenever a reader of the old form would go wrong. New optional fields do not raise it.
  package var schemaVersion = currentSchemaVersion
  /// The name of the session's folder, and of the session on the command line. Later sessions sort behind earlier ones.
  package var id: String
  /// When the session began: UTC, ISO 8601 with milliseconds.
  package var created: String
  /// What the controller last wrote; `Session.status` says whether that still holds.
  package var state: State
  /// How the program ended; absent while it runs.
  package var end: End?
  /// The executor's target triple; absent until it is connected.
  package var triple: String?
  /// Where the executor is reached, as `--connect` takes it; absent if it was spawned here.
  package var endpoint: String?
  /// What is needed to reach it besides; absent if nothing is.
  package var access: ExecutorAccess?
  /// The executor's program file on this machine, for debuggers to load; absent if it is not here.
  package var executorPath: String?
  /// The process the code runs in, as its own machine numbers it; absent until the executor has said.
  package var pid: Int32?
  /// Whether the program goes on without the controller; absent if not.
  package var keepsRunning: Bool?
  /// The socket of this machine where a debugger finds the process's debug server; absent if it has none of its own.
  package var debugServer: String?
  /// The socket of this machine where a debugger asks for a look at the sources; absent unless they are being watched.
  package var reloadSocket: String?
  /// The input files, as they were given.
  package var inputs: [String]
  /// The arguments of the program, without its own name.
  package var arguments: [String]
  /// Libraries of the target that were loaded first, in order; absent if none was asked for.
  package var libraries: [Library]?
  /// Code in the target, oldest first, without what was removed again.
  package var generations: [Generation]
  /// What the controller did when; absent until the program is loaded, or has failed to be.
  package var timeLine: [TimeLine.Span]?
  /// How sources are found; absent if nothing was said about it.
  package var sourceMap: SourceMap?
  /// The process that writes this file.
  package var controllerPid: Int32
  /// When the controller's process started, in clock ticks since boot: with it a reused pid is not taken for the controller.
  package var controllerStartTime: UInt64
  /// The directory that relative input paths refer to.
  package var workingDirectory: String

  package enum State: String, Codable, Sendable { case running, ended }

  /// How a program ended.
  package struct End: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
      /// It returned or called exit; `value` is the status.
      case exited
      /// A signal killed it; `value` is its number.
      case signaled
      /// The session failed before or while it ran; `message` says why.
      case failed
    }
    package var kind: Kind
    package var value: Int32?
    package var message: String?
    /// When: as `created`.
    package var time: String

    package init(_ kind: Kind, value: Int32? = nil, message: String? = nil, time: String) {
      self.kind = kind
      self.value = value
      self.message = message
      self.time = time
    }
  }

  /// A library of the target.
  package struct Library: Codable, Equatable, Sendable {
    /// What `--dlopen` said.
    package var request: String
    /// The file that was loaded for it.
    package var path: String

    package init(request: String, path: String) {
      self.request = request
      self.path = path
    }
  }

  /// Where sources were asked to be looked for, and the rules that lead there.
  package struct SourceMap: Codable, Equatable, Sendable {
    /// What `--source-root` and `--profile` said.
    package var lookup: SourceLookup
    /// The rules that followed; absent until they were worked out. A debugger's attaching works them out anew.
    package var rules: SourceRules?

    package init(lookup: SourceLookup, rules: SourceRules? = nil) {
      self.lookup = lookup
      self.rules = rules
    }
  }

  /// One link generation: one image, one registration.
  package struct Generation: Codable, Equatable, Sendable {
    package var code: TargetRange
    /// Of size 0 if the generation has no data.
    package var data: TargetRange
    package var mode: DebugInfoMode
    /// 40 hexadecimal digits; absent in mode none.
    package var buildID: String?
    /// The debug file on this machine, in the session's store; absent in mode none.
    package var debugFile: String?
    /// What is registered in the target: the stub, or the debug file in mode inline; absent in mode none.
    package var registered: TargetRange?

    package init(
      code: TargetRange, data: TargetRange, mode: DebugInfoMode, buildID: String? = nil, debugFile: String? = nil,
      registered: TargetRange? = nil
    ) {
      self.code = code
      self.data = data
      self.mode = mode
      self.buildID = buildID
      self.debugFile = debugFile
      self.registered = registered
    }
  }

  /// A session that begins now, in this process. The store gives it its id.
  package init(
    inputs: [String], arguments: [String] = [], endpoint: String? = nil, executorPath: String? = nil,
    workingDirectory: String
  ) {
    let controller = ProcessIdentity.current
    id = ""
    created = Timestamp.now
    state = .running
    self.endpoint = endpoint
    self.executorPath = executorPath
    self.inputs = inputs
    self.arguments = arguments
    generations = []
    controllerPid = controller.pid
    controllerStartTime = controller.startTime
    self.workingDirectory = workingDirectory
  }
}

extension TargetAddress: Codable {
  /// Hexadecimal with 0x: a JSON number above 2^53 is not safe in every reader.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  /// Reads what `encode(to:)` writes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard text.hasPrefix("0x"), let value = UInt64(text.dropFirst(2), radix: 16) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\"\(text)\" is not an address")
    }
    self.init(value)
  }
}

extension TargetRange: Codable {
  private enum CodingKeys: CodingKey { case start, size }

  /// The start as an address, the size as a number of bytes.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(start, forKey: .start)
    try container.encode(size, forKey: .size)
  }

  /// Reads what `encode(to:)` writes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      start: try container.decode(TargetAddress.self, forKey: .start),
      size: try container.decode(UInt64.self, forKey: .size))
  }
}
