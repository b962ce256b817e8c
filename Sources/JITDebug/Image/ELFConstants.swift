// The constants of the ELF gABI that the debug image needs, in the specification's spelling.

/// Clause names refer to the System V gABI, chapters "ELF Header", "Sections", "String Table", "Symbol Table".
package enum ELF {
  // "ELF Identification": e_ident.
  package static let EI_NIDENT = 16
  package static let ELFMAG: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
  package static let ELFCLASS32: UInt8 = 1
  package static let ELFCLASS64: UInt8 = 2
  package static let ELFDATA2LSB: UInt8 = 1
  package static let ELFDATA2MSB: UInt8 = 2
  package static let EV_CURRENT: UInt8 = 1
  package static let ELFOSABI_GNU: UInt8 = 3
  package static let ELFOSABI_NONE: UInt8 = 0

  // "ELF Header": e_type.
  package static let ET_REL: UInt16 = 1
  package static let ET_EXEC: UInt16 = 2
  package static let ET_CORE: UInt16 = 4

  // "ELF Header": e_machine, those the project names itself.
  package static let EM_386: UInt16 = 3
  package static let EM_X86_64: UInt16 = 62
  package static let EM_AARCH64: UInt16 = 183
  package static let EM_RISCV: UInt16 = 243

  // "Sections": special section indexes.
  package static let SHN_UNDEF: UInt16 = 0
  package static let SHN_LORESERVE: UInt16 = 0xff00
  package static let SHN_ABS: UInt16 = 0xfff1
  package static let SHN_XINDEX: UInt16 = 0xffff

  // "Sections": sh_type.
  package static let SHT_NULL: UInt32 = 0
  package static let SHT_PROGBITS: UInt32 = 1
  package static let SHT_SYMTAB: UInt32 = 2
  package static let SHT_STRTAB: UInt32 = 3
  package static let SHT_NOTE: UInt32 = 7
  package static let SHT_NOBITS: UInt32 = 8
  package static let SHT_DYNSYM: UInt32 = 11
  package static let SHT_SYMTAB_SHNDX: UInt32 = 18

  // "Sections": sh_flags.
  package static let SHF_WRITE: UInt64 = 0x1
  package static let SHF_ALLOC: UInt64 = 0x2
  package static let SHF_EXECINSTR: UInt64 = 0x4
  package static let SHF_MERGE: UInt64 = 0x10
  package static let SHF_STRINGS: UInt64 = 0x20
  package static let SHF_TLS: UInt64 = 0x400

  // "Symbol Table": the upper four bits of st_info, then the lower four.
  package static let STB_LOCAL: UInt8 = 0
  package static let STB_GLOBAL: UInt8 = 1
  package static let STT_NOTYPE: UInt8 = 0
  package static let STT_OBJECT: UInt8 = 1
  package static let STT_FUNC: UInt8 = 2

  // "Program Header": p_type, and p_flags.
  package static let PT_LOAD: UInt32 = 1
  package static let PT_DYNAMIC: UInt32 = 2
  package static let PT_NOTE: UInt32 = 4
  package static let PN_XNUM: UInt16 = 0xffff
  package static let PF_X: UInt32 = 1
  package static let PF_W: UInt32 = 2
  package static let PF_R: UInt32 = 4

  // "Dynamic Section": d_tag. (DT_GNU_HASH is GNU's.)
  package static let DT_HASH: UInt64 = 4
  package static let DT_STRTAB: UInt64 = 5
  package static let DT_SYMTAB: UInt64 = 6
  package static let DT_STRSZ: UInt64 = 10
  package static let DT_DEBUG: UInt64 = 21
  package static let DT_GNU_HASH: UInt64 = 0x6fff_fef5

  // Linux: types of the notes in a core file, and the keys of the auxiliary vector.
  package static let NT_AUXV: UInt32 = 6
  package static let NT_FILE: UInt32 = 0x4649_4c45
  package static let AT_PHDR: UInt64 = 3

  /// The GNU note type of a build-id (not in the gABI; binutils' elf/common.h).
  package static let NT_GNU_BUILD_ID: UInt32 = 3
}

/// What an ELF file is for, and with that how each of its fields is laid out.
package struct ELFFormat: Equatable, Sendable {
  package var e_machine: UInt16
  /// The processor's own flags, such as RISC-V's float ABI.
  package var e_flags: UInt32
  package var is64Bit: Bool
  package var isLittleEndian: Bool

  package init(e_machine: UInt16, e_flags: UInt32 = 0, is64Bit: Bool = true, isLittleEndian: Bool = true) {
    self.e_machine = e_machine
    self.e_flags = e_flags
    self.is64Bit = is64Bit
    self.isLittleEndian = isLittleEndian
  }

  package var addressSize: Int { is64Bit ? 8 : 4 }
  /// sizeof(ElfN_Ehdr), e_ehsize.
  package var headerSize: Int { is64Bit ? 64 : 52 }
  /// sizeof(ElfN_Shdr), e_shentsize.
  package var sectionHeaderSize: Int { is64Bit ? 64 : 40 }
  /// sizeof(ElfN_Sym), sh_entsize of a symbol table.
  package var symbolSize: Int { is64Bit ? 24 : 16 }
  /// The largest address, offset or size that a field can hold.
  package var largestAddress: UInt64 { is64Bit ? .max : UInt64(UInt32.max) }
}
