// Reading objects into link graphs and archives into members.
#include "Bridge.h"
#include "Symbols.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Demangle/Demangle.h"
#include "llvm/Object/Archive.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cstring>

using namespace llvm;

char *jitdebug::toCString(const std::string &Text) { return strdup(Text.c_str()); }
char *jitdebug::toCString(Error E) { return toCString(toString(std::move(E))); }

void orc_string_free(char *Text) { free(Text); }
const char *orc_llvm_version(void) { return LLVM_VERSION_STRING; }

char *orc_bitcode_producer(const void *Bytes, size_t Size) {
  auto Producer = getBitcodeProducerString({StringRef(static_cast<const char *>(Bytes), Size), ""});
  if (Producer)
    return jitdebug::toCString(*Producer);
  consumeError(Producer.takeError());
  return nullptr;
}

char *orc_bitcode_triple(const void *Bytes, size_t Size) {
  auto Triple = getBitcodeTargetTriple({StringRef(static_cast<const char *>(Bytes), Size), ""});
  if (Triple)
    return jitdebug::toCString(*Triple);
  consumeError(Triple.takeError());
  return nullptr;
}

char *orc_demangle(const char *Name) {
  return StringRef(Name).starts_with("_Z") ? itaniumDemangle(Name) : nullptr;
}

// One pool for all graphs, never destroyed: names may outlive the graph they came from.
static std::shared_ptr<orc::SymbolStringPool> &stringPool() {
  static auto *Pool = new std::shared_ptr<orc::SymbolStringPool>(std::make_shared<orc::SymbolStringPool>());
  return *Pool;
}

static orc_symbol_kind kindOf(const jitlink::Symbol &Sym) {
  if (Sym.isExternal())
    return Sym.isWeaklyReferenced() ? ORC_SYMBOL_UNDEFINED_WEAK : ORC_SYMBOL_UNDEFINED;
  if (Sym.isDefined() && Sym.getSection().getName() == ".common")
    return ORC_SYMBOL_COMMON;
  return Sym.getLinkage() == jitlink::Linkage::Weak ? ORC_SYMBOL_WEAK : ORC_SYMBOL_STRONG;
}

char *orc_object_parse(const void *Bytes, size_t Size, const char *Name, orc_object **Result) {
  MemoryBufferRef Buffer(StringRef(static_cast<const char *>(Bytes), Size), Name);
  auto Graph = jitlink::createLinkGraphFromObject(Buffer, stringPool());
  if (!Graph)
    return jitdebug::toCString(Graph.takeError());
  auto Object = std::make_unique<orc_object>();
  auto Add = [&](jitlink::Symbol *Sym) {
    if (Sym->hasName() && Sym->getScope() != jitlink::Scope::Local)
      Object->Symbols.push_back({Sym, (*Sym->getName()).str(), kindOf(*Sym), Sym->isCallable(), Sym->getSize()});
  };
  for (auto *Sym : (*Graph)->defined_symbols())
    Add(Sym);
  for (auto *Sym : (*Graph)->absolute_symbols())
    Add(Sym);
  for (auto *Sym : (*Graph)->external_symbols())
    Add(Sym);
  // The graph keeps its symbols in hash tables; the same input must give the same link each time.
  llvm::sort(Object->Symbols, [](auto &A, auto &B) { return A.Name < B.Name; });
  Object->Graph = std::move(*Graph);
  *Result = Object.release();
  return nullptr;
}

void orc_object_free(orc_object *Object) { delete Object; }
size_t orc_object_symbol_count(const orc_object *Object) { return Object->Symbols.size(); }

orc_symbol orc_object_symbol(const orc_object *Object, size_t Index) {
  auto &S = Object->Symbols[Index];
  return {S.Name.c_str(), S.Kind, S.IsFunction, S.Size};
}

char *orc_object_native_tls(const void *Bytes, size_t Size) {
  auto Name = jitdebug::threadLocalVariable({StringRef(static_cast<const char *>(Bytes), Size), ""});
  if (Name)
    return *Name ? jitdebug::toCString(**Name) : nullptr;
  consumeError(Name.takeError()); // orc_object_parse will say what is wrong
  return nullptr;
}

bool orc_object_has_section(const orc_object *Object, const char *Name) {
  return Object->Graph->findSectionByName(Name) != nullptr;
}

void orc_object_redirect_local_calls(orc_object *Object) { Object->RedirectsLocalCalls = true; }

uint64_t orc_object_memory_bound(const orc_object *Object) {
  uint64_t Size = 0;
  for (auto &Section : Object->Graph->sections())
    if (Section.getMemLifetime() != orc::MemLifetime::NoAlloc)
      for (auto *Block : Section.blocks())
        Size = SaturatingAdd(Size, uint64_t(Block->getSize()), uint64_t(Block->getAlignment()));
  // An entry in the GOT (8 bytes) and one in the PLT (16 bytes) for everything that has a name, and in the stub's symbol table.
  for (auto *Sym : Object->Graph->external_symbols())
    Size = SaturatingAdd<uint64_t>(Size, Sym->hasName() ? 24 : 0);
  for (auto *Sym : Object->Graph->defined_symbols())
    Size = SaturatingAdd<uint64_t>(Size, Sym->hasName() ? 24 + 24 + (*Sym->getName()).size() + 1 : 0);
  return Size;
}

void orc_object_discard(orc_object *Object, size_t Index) {
  auto &Sym = *Object->Symbols[Index].Sym;
  if (!Sym.isDefined())
    return;
  auto &Block = Sym.getBlock();
  Object->Graph->makeExternal(Sym);
  for (auto *Other : Block.getSection().symbols())
    if (Other->hasName() && &Other->getBlock() == &Block)
      return;
  Object->Discarded.insert(&Block);
}

struct orc_archive {
  struct Member {
    std::string Name;
    object::Archive::Child Child;
    std::unique_ptr<MemoryBuffer> Aligned;
  };
  std::string Path; // which LLVM refers to: the members of a thin archive lie beside it
  std::unique_ptr<object::Archive> Archive;
  mutable std::vector<Member> Members;
  std::vector<std::pair<std::string, size_t>> Symbols;
};

char *orc_archive_open(const void *Bytes, size_t Size, const char *Path, orc_archive **Result) {
  auto Archive = std::make_unique<orc_archive>();
  Archive->Path = Path;
  auto Opened = object::Archive::create({StringRef(static_cast<const char *>(Bytes), Size), Archive->Path});
  if (!Opened)
    return jitdebug::toCString(Opened.takeError());
  Archive->Archive = std::move(*Opened);
  Error Err = Error::success();
  for (auto &Child : Archive->Archive->children(Err)) {
    auto Name = Child.getName();
    if (!Name) {
      consumeError(std::move(Err));
      return jitdebug::toCString(Name.takeError());
    }
    Archive->Members.push_back({Name->str(), Child, nullptr});
  }
  if (Err)
    return jitdebug::toCString(std::move(Err));
  // The archive's own index may be missing, stale or damaged.
  for (size_t I = 0; I < Archive->Members.size(); ++I) {
    auto Buffer = Archive->Members[I].Child.getMemoryBufferRef();
    if (!Buffer)
      return jitdebug::toCString(Buffer.takeError());
    auto Names = jitdebug::definitions(*Buffer);
    if (!Names)
      return jitdebug::toCString(Archive->Members[I].Name + ": " + toString(Names.takeError()));
    for (auto &Name : *Names)
      Archive->Symbols.emplace_back(std::move(Name), I);
  }
  *Result = Archive.release();
  return nullptr;
}

void orc_archive_free(orc_archive *Archive) { delete Archive; }
size_t orc_archive_symbol_count(const orc_archive *Archive) { return Archive->Symbols.size(); }
const char *orc_archive_symbol_name(const orc_archive *Archive, size_t I) { return Archive->Symbols[I].first.c_str(); }
size_t orc_archive_symbol_member(const orc_archive *Archive, size_t I) { return Archive->Symbols[I].second; }
const char *orc_archive_member_name(const orc_archive *Archive, size_t I) { return Archive->Members[I].Name.c_str(); }

char *orc_archive_member_bytes(const orc_archive *Archive, size_t I, const void **Bytes, size_t *Size) {
  auto &Member = Archive->Members[I];
  if (!Member.Aligned) {
    auto Buffer = Member.Child.getMemoryBufferRef();
    if (!Buffer)
      return jitdebug::toCString(Buffer.takeError());
    // Members start at even addresses only; ELF structures are read in place and need eight.
    Member.Aligned = MemoryBuffer::getMemBufferCopy(Buffer->getBuffer(), Buffer->getBufferIdentifier());
  }
  *Bytes = Member.Aligned->getBufferStart();
  *Size = Member.Aligned->getBufferSize();
  return nullptr;
}
