// Lists the source files of debug info, unit by unit, each once for each way in which it is recorded.
#include "Bridge.h"
#include "SourceFiles.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/BinaryFormat/Magic.h"
#include "llvm/DebugInfo/DWARF/DWARFContext.h"
#include "llvm/DebugInfo/DWARF/DWARFDebugLine.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/IRReader/IRReader.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/MD5.h"
#include "llvm/Support/SourceMgr.h"

#include <map>
#include <unistd.h>

using namespace llvm;

struct orc_source_files {
  struct Key {
    std::string Unit, Directory, Name;
    bool IsWhole;
    bool operator<(const Key &O) const {
      return std::tie(Unit, Directory, Name, IsWhole) < std::tie(O.Unit, O.Directory, O.Name, O.IsWhole);
    }
  };
  struct Value {
    bool HasMD5 = false;
    uint8_t MD5[16] = {};
    size_t Functions = 0;
  };
  std::map<Key, Value> Entries;
  std::vector<const std::pair<const Key, Value> *> Order;

  Value &at(StringRef Unit, StringRef Directory, StringRef Name, bool IsWhole = false) {
    auto [I, IsNew] = Entries.try_emplace(Key{Unit.str(), Directory.str(), Name.str(), IsWhole});
    if (IsNew)
      Order.push_back(&*I);
    return I->second;
  }
};

static std::string text(const DWARFFormValue &Value) { return dwarf::toStringRef(Value).str(); }

// Functions of a unit by the index of the file that declares them, with code of their own.
static DenseMap<uint64_t, size_t> functionsByFile(DWARFUnit &Unit) {
  DenseMap<uint64_t, size_t> Result;
  Unit.getUnitDIE(false);
  for (auto &Entry : Unit.dies()) {
    DWARFDie Die(&Unit, &Entry);
    if (Die.getTag() != dwarf::DW_TAG_subprogram || !Die.find({dwarf::DW_AT_low_pc, dwarf::DW_AT_ranges}))
      continue;
    if (auto File = dwarf::toUnsigned(Die.findRecursively(dwarf::DW_AT_decl_file)))
      ++Result[*File];
  }
  return Result;
}

static void readDWARF(const object::ObjectFile &Object, orc_source_files &Files, std::string &Failure) {
  auto Note = [&](Error E) {
    auto Message = toString(std::move(E));
    if (Failure.empty())
      Failure = Message;
  };
  auto Context = DWARFContext::create(Object, DWARFContext::ProcessDebugRelocations::Process, nullptr, "", Note, Note);
  for (auto &Unit : Context->compile_units()) {
    auto Expected = Context->getLineTableForUnit(Unit.get(), Note);
    if (!Expected) {
      Note(Expected.takeError());
      continue;
    }
    if (!*Expected)
      continue;
    auto &Prologue = (*Expected)->Prologue;
    std::string CompilationDirectory = Unit->getCompilationDir() ? Unit->getCompilationDir() : "";
    // GDB calls the unit's own file what the unit calls it, whatever the line table says.
    Files.at(CompilationDirectory, "", Unit->getUnitDIE().getShortName() ? Unit->getUnitDIE().getShortName() : "");
    auto Functions = functionsByFile(*Unit);
    bool IsV5 = Prologue.getVersion() >= 5;
    for (size_t I = 0; I < Prologue.FileNames.size(); ++I) {
      auto &Entry = Prologue.FileNames[I];
      // DWARF 5, 6.2.4: directory 0 is the compilation directory; before, it was left out of the list.
      std::string Directory;
      bool IsWhole = IsV5 && Entry.DirIdx == 0;
      if (IsV5 && Entry.DirIdx < Prologue.IncludeDirectories.size())
        Directory = text(Prologue.IncludeDirectories[Entry.DirIdx]);
      else if (!IsV5 && Entry.DirIdx > 0 && Entry.DirIdx <= Prologue.IncludeDirectories.size())
        Directory = text(Prologue.IncludeDirectories[Entry.DirIdx - 1]);
      auto &File = Files.at(CompilationDirectory, Directory, text(Entry.Name), IsWhole);
      if (Prologue.ContentTypes.HasMD5) {
        File.HasMD5 = true;
        std::copy(Entry.Checksum.begin(), Entry.Checksum.end(), File.MD5);
      }
      File.Functions += Functions.lookup(IsV5 ? I : I + 1);
    }
  }
}

// The first of `Units` stands for the compilation directory of files that are in none: their line table will have them by
// their full names.
static void addFile(const DIFile *File, ArrayRef<StringRef> Units, orc_source_files &Files, size_t Functions) {
  bool IsUnit = Units.empty() || is_contained(Units, File->getDirectory());
  auto &Entry = IsUnit ? Files.at(File->getDirectory(), "", File->getFilename())
                       : Files.at(Units.front(), File->getDirectory(), File->getFilename());
  Entry.Functions += Functions;
  auto Checksum = File->getChecksum();
  if (!Checksum || Checksum->Kind != DIFile::CSK_MD5 || Checksum->Value.size() != 32)
    return;
  Entry.HasMD5 = true;
  for (int I = 0; I < 16; ++I)
    Entry.MD5[I] = hexFromNibbles(Checksum->Value[2 * I], Checksum->Value[2 * I + 1]);
}

static void readIR(const Module &M, orc_source_files &Files) {
  DebugInfoFinder Finder;
  Finder.processModule(M);
  SmallVector<StringRef> Units;
  for (auto *Unit : Finder.compile_units())
    Units.push_back(Unit->getFile()->getDirectory());
  for (auto *Unit : Finder.compile_units())
    addFile(Unit->getFile(), Units, Files, 0);
  for (auto *Scope : Finder.scopes())
    if (auto *File = Scope->getFile())
      addFile(File, Units, Files, 0);
  for (auto &Function : M)
    if (auto *Subprogram = Function.getSubprogram())
      if (!Function.isDeclaration() && Subprogram->getFile())
        addFile(Subprogram->getFile(), Units, Files, 1);
}

static Error read(MemoryBufferRef Buffer, orc_source_files &Files);

static Error readArchive(MemoryBufferRef Buffer, orc_source_files &Files) {
  auto Archive = object::Archive::create(Buffer);
  if (!Archive)
    return Archive.takeError();
  Error Failure = Error::success();
  for (auto &Member : (*Archive)->children(Failure)) {
    auto Content = Member.getMemoryBufferRef();
    if (!Content)
      return joinErrors(Content.takeError(), std::move(Failure));
    auto Magic = identify_magic(Content->getBuffer());
    // An archive may hold anything; only what can have debug info counts.
    if (Magic != file_magic::elf_relocatable && Magic != file_magic::bitcode)
      continue;
    if (auto E = read(*Content, Files))
      return joinErrors(std::move(E), std::move(Failure));
  }
  return Failure;
}

static Error read(MemoryBufferRef Buffer, orc_source_files &Files) {
  auto Magic = identify_magic(Buffer.getBuffer());
  if (Magic == file_magic::elf || Magic == file_magic::elf_relocatable || Magic == file_magic::elf_executable ||
      Magic == file_magic::elf_shared_object) {
    auto Object = object::ObjectFile::createObjectFile(Buffer);
    if (!Object)
      return Object.takeError();
    std::string Failure;
    size_t Known = Files.Order.size();
    readDWARF(**Object, Files, Failure);
    if (Files.Order.size() == Known && !Failure.empty())
      return createStringError(Failure);
  } else if (Magic == file_magic::archive) {
    return readArchive(Buffer, Files);
  } else {
    LLVMContext Context;
    SMDiagnostic Diagnostic;
    // IR as text must end in a zero byte, which a plain reference does not promise.
    auto Copy = MemoryBuffer::getMemBufferCopy(Buffer.getBuffer(), Buffer.getBufferIdentifier());
    auto M = parseIR(Copy->getMemBufferRef(), Diagnostic, Context);
    if (!M)
      return createStringError(Diagnostic.getMessage());
    readIR(*M, Files);
  }
  return Error::success();
}

char *orc_source_files_read(const void *Bytes, size_t Size, const char *Name, orc_source_files **Result) {
  auto Files = std::make_unique<orc_source_files>();
  if (auto E = read(MemoryBufferRef(StringRef(static_cast<const char *>(Bytes), Size), Name), *Files))
    return jitdebug::toCString(std::move(E));
  *Result = Files.release();
  return nullptr;
}

void orc_source_files_free(orc_source_files *Files) { delete Files; }
size_t orc_source_files_count(const orc_source_files *Files) { return Files->Order.size(); }

orc_source_file orc_source_files_get(const orc_source_files *Files, size_t Index) {
  auto &[Key, Value] = *Files->Order[Index];
  orc_source_file File{Key.Unit.c_str(), Key.Directory.c_str(), Key.IsWhole,    Key.Name.c_str(),
                       Value.HasMD5,     {},                    Value.Functions};
  std::copy(std::begin(Value.MD5), std::end(Value.MD5), File.md5);
  return File;
}

bool orc_md5(int File, uint64_t Limit, uint8_t *Result) {
  MD5 Sum;
  MD5::MD5Result Value;
  std::vector<uint8_t> Part(1 << 16);
  for (uint64_t Done = 0;; Done += Part.size()) {
    Part.resize(1 << 16);
    auto Size = ::read(File, Part.data(), Part.size());
    if (Size < 0 || Done + Size > Limit)
      return false;
    if (Size == 0)
      break;
    Part.resize(Size);
    Sum.update(Part);
  }
  Sum.final(Value);
  std::copy(Value.begin(), Value.end(), Result);
  return true;
}
