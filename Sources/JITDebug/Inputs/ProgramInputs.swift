// What a program is made of: its inputs' bytes, those of sources compiled, from which each link generation is parsed anew.

import Glibc

package struct ProgramInputs: Sendable {
  package let inputs: [Input]
  /// By input: the object, or the archive; nil before it was read or compiled.
  private(set) var contents: [FileBytes?]

  package init(_ inputs: [Input]) {
    self.inputs = inputs
    contents = inputs.map { _ in nil }
  }

  /// Compiles and reads some of the inputs, all of them or none.
  ///
  /// - Parameters:
  ///   - folder: makes the one where objects go.
  ///   - interruption: of compiling, asked for when there is something to compile.
  mutating func read(
    _ numbers: some Collection<Int>, _ compiler: Compiler, folder: () throws(JITDebugError) -> String,
    _ interruption: () -> Interruption, timeLine: TimeLine, report: (CompilerEvent) -> Void
  ) throws(JITDebugError) {
    let sources = numbers.filter { inputs[$0].isCompiled }
    for number in sources { try inputs[number].checkTriple(compiler.target) }
    var compiled: ArraySlice<String> = []
    if !sources.isEmpty {
      compiled = try compiler.compile(
        sources.map { inputs[$0] }, into: try folder(), interruption(), timeLine: timeLine, report: report)[...]
    }
    var new = contents
    for number in numbers {
      let input = inputs[number]
      new[number] = try readFile(input.isCompiled ? compiled.removeFirst() : input.path)
    }
    contents = new
  }

  /// Takes over what a compilation of one of the sources has come to.
  mutating func take(_ object: FileBytes, for number: Int) { contents[number] = object }

  /// The objects and archives, for one link generation. All must have been read.
  ///
  /// - Parameters:
  ///   - numbers: the objects that are wanted; nil for all.
  ///   - redirectsLocalCalls: of which inputs static functions can be replaced under their callers.
  func parse(
    _ architecture: Architecture, _ numbers: Set<Int>? = nil, redirectsLocalCalls: (Input) -> Bool = { _ in false }
  ) throws(JITDebugError) -> (objects: [ObjectFile], archives: [ArchiveFile]) {
    let isWanted = { (number: Int) in inputs[number].kind != .archive && numbers?.contains(number) ?? true }
    let wanted = inputs.indices.filter(isWanted)
    let archives = try inputs.indices.filter { inputs[$0].kind == .archive }.map { (number) throws(JITDebugError) in
      try ArchiveFile(name: inputs[number].path, bytes: contents[number]!)
    }
    let objects = try Parallel.map(wanted.count, atOnce: 32) { [inputs, contents] (index) throws(JITDebugError) in
      let (path, bytes) = (inputs[wanted[index]].path, contents[wanted[index]]!)
      // Compiled ones too: -Xcc may have asked for anything.
      try architecture.check(bytes, path)
      return try ObjectFile(name: path, bytes: bytes)
    }
    for (number, object) in zip(wanted, objects) where redirectsLocalCalls(inputs[number]) {
      object.redirectLocalCalls()
    }
    return (objects, archives)
  }
}
