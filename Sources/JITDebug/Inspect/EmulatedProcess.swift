// A process in an emulator (qemu-user), seen as the program in it sees itself.

import Glibc

/// QEMU maps a program's files and memory at the program's own addresses into a process that is of another machine. What can be
/// executed there only QEMU knows: for this machine it is data.
final class EmulatedProcess: ProcessMemory {
  let mappings: [MemoryMapping]
  let auxiliaryVector: [UInt8]
  private let process: any ProcessMemory

  var subject: String { process.subject }
  var omissions: [String] { process.omissions }

  /// Nil if the process is no emulator with a program of this machine in it.
  ///
  /// - Parameter machine: ELF's e_machine of the program.
  private init?(_ process: any ProcessMemory, machine: UInt16) {
    self.process = process
    var isEmulated: [String: Bool] = [:]
    for mapping in process.mappings where mapping.isFile && mapping.offset == 0 {
      if let found = Self.machine(at: mapping.range.start, process) { isEmulated[mapping.path] = found == machine }
    }
    let format = ELFFormat(e_machine: machine)
    guard isEmulated.values.contains(true),
      let own = process.auxiliaryValue(ELF.AT_PHDR, format).flatMap({ process.mapping(at: TargetAddress($0)) }),
      isEmulated[own.path] == false
    else { return nil }
    mappings = process.mappings.filter { isEmulated[$0.path] != false }.map { mapping in
      var mapping = mapping
      mapping.isExecutable = mapping.isReadable
      return mapping
    }
    // The program's own vector is somewhere on its stack; which file it is, its headers tell.
    let program = mappings.first { mapping in
      isEmulated[mapping.path] == true && mapping.offset == 0 && Self.namesInterpreter(mapping, process)
    }
    auxiliaryVector = [ELF.AT_PHDR, (program?.range.start.rawValue ?? 0) &+ Self.headerSize, 0, 0].flatMap { word in
      withUnsafeBytes(of: word.littleEndian) { Array($0) }
    }
  }

  /// The program in an emulator, or the process itself if that is none.
  ///
  /// - Parameter triple: of the program; nil if it is not known.
  static func view(_ process: any ProcessMemory, triple: String?) -> any ProcessMemory {
    guard let triple, let architecture = try? Architecture(triple: triple) else { return process }
    return EmulatedProcess(process, machine: architecture.machine) ?? process
  }

  func read(_ address: TargetAddress, _ count: Int) -> [UInt8] { process.read(address, count) }
  func file(of mapping: MemoryMapping) -> (any ByteSource)? { process.file(of: mapping) }

  /// Of an ELF header: of 64 bits, as all targets have.
  private static let headerSize: UInt64 = 64
  private static let PT_INTERP: UInt32 = 3

  private static func machine(at address: TargetAddress, _ process: any ProcessMemory) -> UInt16? {
    let header = process.read(address, 20)
    guard header.count == 20, header.starts(with: ELF.ELFMAG) else { return nil }
    return UInt16(header[18]) | UInt16(header[19]) << 8
  }

  private static func namesInterpreter(_ mapping: MemoryMapping, _ process: any ProcessMemory) -> Bool {
    process.file(of: mapping).flatMap { ELFObject($0) }?.segments.contains { $0.p_type == PT_INTERP } ?? false
  }
}
