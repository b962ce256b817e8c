// JITLink over all graphs of one generation, stopped between its phases: every graph is pruned before any gets an address,
// and every graph has its addresses before any is fixed up. So sizes are exact and graphs may refer to each other in circles.
#include "Linker.h"
#include "FrameVersions.h"
#include "Redirection.h"
#include "Stubs.h"

#include <algorithm>

using namespace llvm;
using namespace llvm::jitlink;

namespace {

bool isDebugSection(const Section &S) {
  return S.getMemLifetime() == orc::MemLifetime::NoAlloc && S.getName().starts_with(".debug_");
}

// Sections whose bounds a program can ask for as __start_NAME and __stop_NAME: those named like a C identifier.
bool hasBounds(const Section &S) {
  auto Name = S.getName();
  return S.getMemLifetime() != orc::MemLifetime::NoAlloc && !Name.empty() && !isDigit(Name[0]) &&
         llvm::all_of(Name, [](char C) { return isAlnum(C) || C == '_'; });
}

// What such sections are called inside of a graph: JITLink itself would take the bounds of each graph's own part.
constexpr StringRef BoundedPrefix = "jitdebug.bounded.";

// The order of the object file; the graph itself keeps sections and blocks in hash tables.
std::vector<Section *> sectionsInOrder(LinkGraph &G) {
  std::vector<Section *> Result;
  for (auto &S : G.sections())
    Result.push_back(&S);
  llvm::sort(Result, [](auto *A, auto *B) { return A->getOrdinal() < B->getOrdinal(); });
  return Result;
}

std::vector<Block *> blocksInOrder(Section &S) {
  std::vector<Block *> Result(S.blocks().begin(), S.blocks().end());
  llvm::sort(Result, [](auto *A, auto *B) {
    return A->getAddress() != B->getAddress() ? A->getAddress() < B->getAddress() : A < B;
  });
  return Result;
}

// The zero word that JITLink adds behind every graph's .eh_frame: the generation needs only one, at the very end.
bool isFrameTerminator(Block &B) {
  return B.getSize() == 4 && !B.isZeroFill() && llvm::all_of(B.getContent(), [](char C) { return C == 0; });
}

// A PLT entry's name, as disassemblers write it. Calls to what the generation itself defines bypass their entry, so it gets none:
// that would be a second place for a breakpoint on the function.
std::string stubName(Block &Stub, const DenseSet<orc::SymbolStringPtr> &Defined, const orc_linker &L) {
  auto *Target = jitdebug::stubTarget(Stub);
  bool IsNamed = Target && !Defined.count(Target->getName()) && !L.isInProgram(*Target->getName());
  return IsNamed ? (*Target->getName()).str() + "@plt" : "";
}

class Allocation : public JITLinkMemoryManager::InFlightAlloc {
public:
  void abandon(OnAbandonedFunction OnAbandoned) override { OnAbandoned(Error::success()); }
  void finalize(OnFinalizedFunction OnFinalized) override {
    OnFinalized(JITLinkMemoryManager::FinalizedAlloc(orc::ExecutorAddr(0)));
  }
};

} // namespace

bool jitdebug::isFunctionArray(StringRef Name) {
  for (StringRef Prefix : {".preinit_array", ".init_array", ".fini_array", ".ctors", ".dtors"})
    if (Name == Prefix || (Name.starts_with(Prefix) && Name[Prefix.size()] == '.'))
      return true;
  return false;
}

namespace jitdebug {

// One graph's passage through JITLink.
class GraphContext : public JITLinkContext, public JITLinkMemoryManager {
public:
  GraphContext(orc_linker &L, size_t Index) : JITLinkContext(nullptr), L(L), Index(Index) {}

  JITLinkMemoryManager &getMemoryManager() override { return *this; }
  void notifyFailed(Error Err) override { L.Errors.push_back(toString(std::move(Err))); }

  LinkGraphPassFunction getMarkLivePass(const Triple &) const override {
    return [&Discarded = L.Inputs[Index].Discarded](LinkGraph &G) { return markLive(G, Discarded); };
  }

  Error modifyPassConfig(LinkGraph &, PassConfiguration &Config) override {
    auto &Input = L.Inputs[Index];
    Config.PrePrunePasses.insert(Config.PrePrunePasses.begin(), lowerFrameVersions);
    Config.PrePrunePasses.push_back([&Input](LinkGraph &G) { return buryDiscarded(G, Input); });
    Config.PrePrunePasses.push_back(renameBoundedSections);
    if (L.Program)
      Config.PrePrunePasses.push_back([this, &Input](LinkGraph &G) { return redirect(G, Input, *L.Program); });
    Config.PostAllocationPasses.push_back([this](LinkGraph &G) { return L.placeDebugSections(G); });
    Config.PreFixupPasses.push_back([this](LinkGraph &G) {
      return bypassStubs(G, [this](const Symbol &Target) {
        auto &Code = L.Regions[ORC_REGION_CODE];
        uint64_t Address = Target.getAddress().getValue();
        return (Address >= Code.Address && Address < Code.Address + Code.Size) || L.isInProgram(*Target.getName());
      });
    });
    Config.PostFixupPasses.push_back([this](LinkGraph &G) { return L.copyDebugSections(G); });
    return Error::success();
  }

  void allocate(const JITLinkDylib *, LinkGraph &G, OnAllocatedFunction OnAllocated) override {
    auto &Input = L.Inputs[Index];
    Input.Graph = &G;
    Input.OnAllocated = std::move(OnAllocated);
  }
  void deallocate(std::vector<FinalizedAlloc> Allocs, OnDeallocatedFunction OnDeallocated) override {
    for (auto &A : Allocs)
      A.release();
    OnDeallocated(Error::success());
  }

  Error notifyResolved(LinkGraph &G) override {
    L.recordSymbols(G, L.Inputs[Index]);
    return Error::success();
  }

  void lookup(const LookupMap &Symbols, std::unique_ptr<JITLinkAsyncLookupContinuation> LC) override {
    auto &Input = L.Inputs[Index];
    for (auto &[Name, Flags] : Symbols)
      Input.Lookup.emplace_back(Name, Flags);
    Input.Continuation = std::move(LC);
  }

  void notifyFinalized(FinalizedAlloc Alloc) override { Alloc.release(); }

private:
  // Everything is kept, as a static link without --gc-sections does, but for copies given up in favour of another object's. Debug
  // sections are roots too: nothing refers to them. Frame records live through the functions they describe.
  static Error markLive(LinkGraph &G, const DenseSet<Block *> &Discarded) {
    for (auto *Sym : G.defined_symbols())
      if (!Discarded.count(&Sym->getBlock()) && Sym->getSection().getName() != ".eh_frame" &&
          Sym->getSection().getMemLifetime() != orc::MemLifetime::NoAlloc)
        Sym->setLive(true);
    for (auto *Sym : G.absolute_symbols())
      Sym->setLive(true);
    // Blocks that nothing names, such as .init_array or jump tables.
    for (auto &Section : G.sections()) {
      bool Keep = Section.getMemLifetime() == orc::MemLifetime::NoAlloc ? isDebugSection(Section)
                                                                        : Section.getName() != ".eh_frame";
      if (!Keep)
        continue;
      for (auto *B : Section.blocks())
        if (!Discarded.count(B) && B->getSize())
          G.addAnonymousSymbol(*B, 0, 0, false, true);
    }
    return Error::success();
  }

  static Error renameBoundedSections(LinkGraph &G) {
    for (auto *Section : sectionsInOrder(G))
      if (hasBounds(*Section)) {
        auto Name = G.allocateName(Twine(BoundedPrefix) + Section->getName());
        G.mergeSections(G.createSection(Name, Section->getMemProt()), *Section);
      }
    return Error::success();
  }

  // Debug info of discarded copies gets a tombstone like in a static link, not the survivor's address: two descriptions of one
  // address confuse debuggers. All ones is DWARF's own choice (issue 200609.1); lists that begin a base address with it
  // get the value below. lld's 0 and 1 make dead functions overlap, which llvm-dwarfdump --verify reports.
  static Error buryDiscarded(LinkGraph &G, orc_linker::Input &Input) {
    if (Input.Discarded.empty() && Input.DiscardedSymbols.empty())
      return Error::success();
    uint64_t AllOnes = G.getPointerSize() == 8 ? ~uint64_t(0) : ~uint32_t(0);
    Symbol *Tombstones[2] = {};
    auto Tombstone = [&](StringRef Section) -> Symbol & {
      bool IsList = Section == ".debug_loc" || Section == ".debug_ranges";
      auto *&S = Tombstones[IsList];
      if (!S)
        S = &G.addAbsoluteSymbol(IsList ? "jitdebug.tombstone.list" : "jitdebug.tombstone",
                                 orc::ExecutorAddr(AllOnes - IsList), 0, Linkage::Strong, Scope::Local, true);
      return *S;
    };
    for (auto &Section : G.sections()) {
      if (!isDebugSection(Section))
        continue;
      for (auto *B : Section.blocks())
        for (auto &E : B->edges()) {
          auto &T = E.getTarget();
          bool Dead = T.isDefined() ? Input.Discarded.count(&T.getBlock()) : Input.DiscardedSymbols.count(&T);
          if (Dead) {
            E.setTarget(Tombstone(Section.getName()));
            E.setAddend(0);
          }
        }
    }
    return Error::success();
  }

  orc_linker &L;
  size_t Index;
};

} // namespace jitdebug

// Whether an earlier generation defines it.
bool orc_linker::isInProgram(StringRef Name) const { return Program && Program->Globals.count(Name); }

std::string orc_linker::takeErrors() {
  std::string Text = llvm::join(Errors, "\n");
  Errors.clear();
  return Text;
}

char *orc_linker::prepare() {
  for (size_t I = 0; I < Inputs.size(); ++I)
    jitlink::link(std::move(Inputs[I].Owned), std::make_unique<jitdebug::GraphContext>(*this, I));
  if (!Errors.empty())
    return jitdebug::toCString(takeErrors());
  // Offsets in the regions; they become addresses when the regions have theirs.
  std::map<StringRef, std::vector<Block *>> Bounded;
  std::vector<Block *> Redirections;
  DenseSet<orc::SymbolStringPtr> Defined;
  for (auto &Input : Inputs)
    for (auto *Sym : Input.Graph->defined_symbols())
      if (Sym->hasName() && Sym->getScope() != Scope::Local)
        Defined.insert(Sym->getName());
  for (auto &Input : Inputs)
    for (auto *Section : sectionsInOrder(*Input.Graph)) {
      if (Section->getMemLifetime() == orc::MemLifetime::NoAlloc || Section->getName() == ".eh_frame")
        continue;
      bool IsBounded = Section->getName().starts_with(BoundedPrefix);
      bool IsStubs = Section->getName() == jitdebug::StubsSection;
      bool IsRedirections = Section->getName() == jitdebug::RedirectionSection;
      for (auto *B : blocksInOrder(*Section)) {
        if (Input.Kept.count(B))
          continue;
        if (IsRedirections)
          Redirections.push_back(B);
        else if (IsStubs)
          Stubs.push_back({B, stubName(*B, Defined, *this)});
        else if (IsBounded)
          Bounded[Section->getName().drop_front(BoundedPrefix.size())].push_back(B);
        else
          addBlock(*B);
      }
    }
  for (auto &[Name, Blocks] : Bounded) {
    auto Kind = regionOf(*Blocks.front());
    Bounds B{Name.str(), Kind, Regions[Kind].Size, 0};
    for (auto *Block : Blocks)
      addBlock(*Block);
    B.Start = Regions[Kind].Blocks[Regions[Kind].Blocks.size() - Blocks.size()].second;
    B.End = Regions[Kind].Size;
    SectionBounds.push_back(std::move(B));
  }
  // PLT entries of all graphs together, so that one frame description fits them all.
  StubsOffset = Regions[ORC_REGION_CODE].Size;
  for (auto &[B, Name] : Stubs) {
    addBlock(*B);
    if (B == Stubs.front().first)
      StubsOffset = Regions[ORC_REGION_CODE].Blocks.back().second;
  }
  RedirectionsOffset = Regions[ORC_REGION_CODE].Size;
  for (auto *B : Redirections) {
    addBlock(*B);
    if (B == Redirections.front())
      RedirectionsOffset = Regions[ORC_REGION_CODE].Blocks.back().second;
  }
  if (Stubs.empty())
    StubsOffset = RedirectionsOffset;
  // One frame table for the whole generation: all records without gaps, then the terminator.
  auto &ReadOnly = Regions[ORC_REGION_READ_ONLY];
  EHFrameOffset = alignTo(ReadOnly.Size, 8);
  ReadOnly.Size = EHFrameOffset;
  std::vector<Block *> Terminators;
  for (auto &Input : Inputs)
    if (auto *Section = Input.Graph->findSectionByName(".eh_frame"))
      for (auto *B : blocksInOrder(*Section)) {
        if (isFrameTerminator(*B)) {
          Terminators.push_back(B);
          continue;
        }
        B->setAlignment(1);
        addBlock(*B);
      }
  EHFrameSize = ReadOnly.Size - EHFrameOffset;
  for (auto *B : Terminators) {
    B->setAlignment(1);
    addBlock(*B);
  }
  if (EHFrameSize)
    ReadOnly.Alignment = std::max<uint64_t>(ReadOnly.Alignment, 8);
  countSymbols();
  return nullptr;
}

orc_region_kind orc_linker::regionOf(const Block &B) {
  auto &Section = B.getSection();
  if (Section.getName() == ".eh_frame")
    return ORC_REGION_READ_ONLY;
  if ((Section.getMemProt() & orc::MemProt::Exec) != orc::MemProt::None)
    return ORC_REGION_CODE;
  if ((Section.getMemProt() & orc::MemProt::Write) == orc::MemProt::None)
    return ORC_REGION_READ_ONLY;
  // A section whose bounds count lies in one piece, zeros or not.
  return B.isZeroFill() && !Section.getName().starts_with(BoundedPrefix) ? ORC_REGION_ZERO : ORC_REGION_DATA;
}

void orc_linker::addBlock(Block &B) {
  auto &R = Regions[regionOf(B)];
  uint64_t Offset = alignToBlock(R.Size, B);
  R.Blocks.push_back({&B, Offset});
  R.Alignment = std::max<uint64_t>(R.Alignment, B.getAlignment());
  R.Size = Offset + B.getSize();
}

char *orc_linker::place(const uint64_t *Addresses) {
  for (int Kind = 0; Kind < ORC_REGION_COUNT; ++Kind) {
    auto &R = Regions[Kind];
    R.Address = Addresses[Kind];
    if (Kind != ORC_REGION_ZERO)
      R.Content.assign(R.Size, 0);
    for (auto &[B, Offset] : R.Blocks) {
      B->setAddress(orc::ExecutorAddr(R.Address + Offset));
      if (B->isZeroFill() || !B->getSize())
        continue;
      char *Working = R.Content.data() + Offset;
      llvm::copy(B->getContent(), Working);
      B->setMutableContent({Working, B->getSize()});
    }
  }
  for (auto &[B, Name] : Stubs)
    if (!Name.empty())
      Symbols.push_back({Name, B->getAddress().getValue(), B->getSize(), true, true, false});
  for (auto &Input : Inputs)
    placeKept(Input);
  for (auto &B : SectionBounds) {
    if (isInProgram("__start_" + B.Name))
      continue; // the elements that the program knows of
    Globals["__start_" + B.Name] = Regions[B.Kind].Address + B.Start;
    Globals["__stop_" + B.Name] = Regions[B.Kind].Address + B.End;
  }
  for (auto &Input : Inputs)
    Input.OnAllocated(std::make_unique<Allocation>());
  if (!Errors.empty())
    return jitdebug::toCString(takeErrors());
  llvm::sort(Symbols, [](auto &A, auto &B) { return A.Address < B.Address; });
  return nullptr;
}

// What earlier generations have is not sent: its content here is for fixups only.
void orc_linker::placeKept(Input &I) {
  for (auto &[B, Address] : I.Kept) {
    B->setAddress(orc::ExecutorAddr(Address));
    if (!B->isZeroFill())
      (void)B->getMutableContent(*I.Graph);
  }
  for (auto &R : I.Redirections) {
    R.StubAddress = R.Stub->getAddress().getValue();
    R.PointerAddress = R.Pointer->getAddress().getValue();
    R.BodyAddress = R.Body->getAddress().getValue();
  }
  for (auto &V : I.Variables)
    V.Address = V.Block->getAddress().getValue();
  if (I.Control) {
    I.HandlerAddress = I.Handler->getAddress().getValue();
    I.ControlAddress = I.Control->getAddress().getValue();
  }
}

Error orc_linker::placeDebugSections(LinkGraph &G) {
  for (auto *Section : sectionsInOrder(G)) {
    if (!isDebugSection(*Section))
      continue;
    auto &Merged = DebugSections[Section->getName().str()];
    for (auto *B : blocksInOrder(*Section)) {
      uint64_t Offset = alignToBlock(Merged.Size, *B);
      B->setAddress(orc::ExecutorAddr(Offset));
      if (!B->isZeroFill())
        (void)B->getMutableContent(G);
      Merged.Size = Offset + B->getSize();
    }
  }
  return Error::success();
}

Error orc_linker::copyDebugSections(LinkGraph &G) {
  for (auto &Section : G.sections()) {
    if (!isDebugSection(Section))
      continue;
    auto &Merged = DebugSections[Section.getName().str()];
    auto &Content = Merged.Content;
    // Its end is not known yet when a graph without externals is done before others are placed.
    if (Content.size() < Merged.Size)
      Content.resize(Merged.Size);
    for (auto *B : Section.blocks())
      if (!B->isZeroFill())
        llvm::copy(B->getContent(), Content.data() + B->getAddress().getValue());
  }
  return Error::success();
}

// Not the GOT's own symbol, one per graph, nor what assemblers and linkers call temporary.
static bool isListed(Symbol &Sym) {
  return Sym.hasName() && *Sym.getName() != "_GLOBAL_OFFSET_TABLE_" && !(*Sym.getName()).starts_with(".L") &&
         Sym.getSection().getMemLifetime() != orc::MemLifetime::NoAlloc;
}

void orc_linker::countSymbols() {
  noteDescribed();
  for (auto &Input : Inputs)
    for (auto *Sym : Input.Graph->defined_symbols())
      if (isListed(*Sym))
        for (auto *Count : {&AllSymbols, &NeededSymbols})
          if (Count == &AllSymbols || !Described.contains(Sym)) {
            ++Count->Number;
            Count->NameBytes += (*Sym->getName()).size() + 1;
          }
}

void orc_linker::recordSymbols(LinkGraph &G, Input &I) {
  for (auto *Sym : G.defined_symbols()) {
    if (!isListed(*Sym))
      continue;
    bool IsLocal = Sym->getScope() == Scope::Local;
    uint64_t Address = Sym->getAddress().getValue();
    if (!IsLocal)
      Globals[*Sym->getName()] = Address;
    if (!I.Kept.count(&Sym->getBlock()))
      Symbols.push_back(
          {(*Sym->getName()).str(), Address, Sym->getSize(), Sym->isCallable(), IsLocal, Described.contains(Sym)});
  }
  for (auto &R : I.Redirections)
    if (R.Body->getScope() != Scope::Local)
      Globals[R.Name] = R.StubAddress;
  for (auto *Sym : G.absolute_symbols())
    if (Sym->hasName() && Sym->getScope() != Scope::Local)
      Globals[*Sym->getName()] = Sym->getAddress().getValue();
  for (auto *Section : sectionsInOrder(G))
    if (jitdebug::isFunctionArray(Section->getName()))
      for (auto *B : blocksInOrder(*Section))
        Arrays.push_back({Section->getName().str(), B->getAddress().getValue(), B->getSize()});
}

char *orc_linker::resolve(const char *const *Names, const uint64_t *Addresses, size_t Count) {
  StringMap<uint64_t> Externals;
  for (size_t I = 0; I < Count; ++I)
    Externals[Names[I]] = Addresses[I];
  if (Program)
    for (auto &Entry : Program->Globals)
      Externals[Entry.first()] = Entry.second;
  for (auto &Input : Inputs) {
    AsyncLookupResult Found;
    std::string Missing;
    for (auto &[Name, Flags] : Input.Lookup) {
      auto I = Globals.find(*Name);
      if (I == Globals.end())
        I = Externals.find(*Name);
      if (I != Globals.end() && I != Externals.end())
        Found[Name] = {orc::ExecutorAddr(I->second), JITSymbolFlags::Exported};
      else if (Flags == SymbolLookupFlags::WeaklyReferencedSymbol)
        Found[Name] = {orc::ExecutorAddr(), JITSymbolFlags::Exported};
      else
        Missing += (Missing.empty() ? "" : ", ") + (*Name).str();
    }
    auto Continuation = std::move(Input.Continuation);
    if (!Continuation)
      continue; // nothing to look up: this graph was done when it was placed
    if (Missing.empty())
      Continuation->run(std::move(Found));
    else
      Continuation->run(make_error<JITLinkError>(Input.Name + ": undefined symbols: " + Missing));
  }
  return Errors.empty() ? nullptr : jitdebug::toCString(takeErrors());
}

orc_linker *orc_linker_create(orc_object *const *Objects, size_t Count, orc_program *Program) {
  auto *L = new orc_linker;
  L->Program = Program;
  L->Inputs.resize(Count);
  for (size_t I = 0; I < Count; ++I) {
    auto &Input = L->Inputs[I];
    Input.Name = Objects[I]->Graph->getName();
    Input.Discarded = std::move(Objects[I]->Discarded);
    Input.RedirectsLocalCalls = Objects[I]->RedirectsLocalCalls;
    // Functions only: a discarded variable's description is right at the survivor's address, as after a static link.
    for (auto &S : Objects[I]->Symbols)
      if (S.Kind == ORC_SYMBOL_WEAK && S.IsFunction && S.Sym->isExternal())
        Input.DiscardedSymbols.insert(S.Sym);
    Input.Owned = std::move(Objects[I]->Graph);
    delete Objects[I];
  }
  return L;
}

void orc_linker_free(orc_linker *L) { delete L; }
