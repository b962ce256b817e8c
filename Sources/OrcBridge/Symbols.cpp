// What objects define and use, read from their symbol tables without building link graphs. LLVM's iterators over symbols end the
// process at the first damaged entry; what is used here returns errors.
#include "Symbols.h"

#include "llvm/BinaryFormat/Magic.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Object/ELFObjectFile.h"

using namespace llvm;
using namespace llvm::object;

namespace {

template <class ELFT>
using SymbolVisitor = function_ref<Error(const typename ELFT::Sym &Sym, StringRef StringTable)>;

template <class ELFT> Error visitSymbols(const ELFFile<ELFT> &File, SymbolVisitor<ELFT> Visit) {
  auto Sections = File.sections();
  if (!Sections)
    return Sections.takeError();
  for (auto &Section : *Sections) {
    if (Section.sh_type != ELF::SHT_SYMTAB)
      continue;
    auto Symbols = File.symbols(&Section);
    if (!Symbols)
      return Symbols.takeError();
    auto Strings = File.getStringTableForSymtab(Section, *Sections);
    if (!Strings)
      return Strings.takeError();
    for (auto &Sym : *Symbols)
      if (auto Err = Visit(Sym, *Strings))
        return Err;
  }
  return Error::success();
}

template <class ELFT> Error addDefinitions(const ELFFile<ELFT> &File, std::vector<std::string> &Names) {
  return visitSymbols<ELFT>(File, [&](const typename ELFT::Sym &Sym, StringRef Strings) -> Error {
    if (Sym.getBinding() == ELF::STB_LOCAL || Sym.st_shndx == ELF::SHN_UNDEF)
      return Error::success();
    auto Name = Sym.getName(Strings);
    if (!Name)
      return Name.takeError();
    Names.push_back(Name->str());
    return Error::success();
  });
}

// The name of a thread-local variable; empty if only a section tells of them.
template <class ELFT> Expected<std::optional<std::string>> threadLocal(const ELFFile<ELFT> &File) {
  std::optional<std::string> Found;
  auto Sections = File.sections();
  if (!Sections)
    return Sections.takeError();
  for (auto &Section : *Sections)
    if (Section.sh_flags & ELF::SHF_TLS)
      Found = "";
  auto Err = visitSymbols<ELFT>(File, [&](const typename ELFT::Sym &Sym, StringRef Strings) -> Error {
    if (Sym.getType() != ELF::STT_TLS || (Found && !Found->empty()))
      return Error::success();
    auto Name = Sym.getName(Strings);
    if (!Name)
      return Name.takeError();
    Found = Name->str();
    return Error::success();
  });
  if (Err)
    return std::move(Err);
  return Found;
}

// Calls `Body` with the ELFFile of the right class and byte order.
template <class Result, class Function> Expected<Result> withELF(MemoryBufferRef Buffer, Function Body) {
  auto File = ObjectFile::createELFObjectFile(Buffer);
  if (!File)
    return File.takeError();
  if (auto *F = dyn_cast<ELF64LEObjectFile>(File->get()))
    return Body(F->getELFFile());
  if (auto *F = dyn_cast<ELF32LEObjectFile>(File->get()))
    return Body(F->getELFFile());
  if (auto *F = dyn_cast<ELF64BEObjectFile>(File->get()))
    return Body(F->getELFFile());
  return Body(cast<ELF32BEObjectFile>(File->get())->getELFFile());
}

Error addBitcodeDefinitions(MemoryBufferRef Buffer, std::vector<std::string> &Names) {
  LLVMContext Context;
  auto File = SymbolicFile::createSymbolicFile(Buffer, file_magic::bitcode, &Context);
  if (!File)
    return File.takeError();
  for (auto &Sym : (*File)->symbols()) {
    auto Flags = Sym.getFlags();
    if (!Flags)
      return Flags.takeError();
    using Ref = BasicSymbolRef;
    if (!(*Flags & Ref::SF_Global) || (*Flags & (Ref::SF_Undefined | Ref::SF_FormatSpecific)))
      continue;
    raw_string_ostream Stream(Names.emplace_back());
    if (auto Err = Sym.printName(Stream))
      return Err;
  }
  return Error::success();
}

} // namespace

Expected<std::vector<std::string>> jitdebug::definitions(MemoryBufferRef Buffer) {
  std::vector<std::string> Names;
  auto Magic = identify_magic(Buffer.getBuffer());
  if (Magic == file_magic::bitcode) {
    if (auto Err = addBitcodeDefinitions(Buffer, Names))
      return std::move(Err);
    return Names;
  }
  // Members that are no objects, such as notes, are none of a linker's business.
  if (Magic != file_magic::elf_relocatable)
    return Names;
  return withELF<std::vector<std::string>>(Buffer, [&](auto &File) -> Expected<std::vector<std::string>> {
    if (auto Err = addDefinitions(File, Names))
      return std::move(Err);
    return Names;
  });
}

Expected<std::optional<std::string>> jitdebug::threadLocalVariable(MemoryBufferRef Buffer) {
  return withELF<std::optional<std::string>>(Buffer, [](auto &File) { return threadLocal(File); });
}
