// The state of one generation's link between JITLink's phases.
#pragma once

#include "Bridge.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"

#include <map>

namespace jitdebug {
bool isFunctionArray(llvm::StringRef SectionName);
}

struct orc_linker {
  using Block = llvm::jitlink::Block;

  // A function that is called through a stub; addresses are known once it is placed.
  struct Redirection {
    std::string Name, Key;
    llvm::jitlink::Symbol *Body;
    Block *Stub, *Pointer;
    uint64_t Hash = 0, StubAddress = 0, PointerAddress = 0, BodyAddress = 0;
    bool IsOld = false, HasChanged = false;
  };

  // A block with variables of the program's.
  struct Variable {
    std::string Name, Key, Shape;
    llvm::jitlink::Block *Block;
    orc_variable_state State;
    uint64_t Hash = 0, Address = 0;
    size_t Neighbours = 0;
  };

  struct Input {
    std::string Name;
    std::unique_ptr<llvm::jitlink::LinkGraph> Owned; // until JITLink takes it
    llvm::jitlink::LinkGraph *Graph = nullptr;       // while JITLink has it
    llvm::DenseSet<Block *> Discarded;
    llvm::DenseSet<llvm::jitlink::Symbol *> DiscardedSymbols;
    llvm::jitlink::JITLinkMemoryManager::OnAllocatedFunction OnAllocated;
    std::vector<std::pair<llvm::orc::SymbolStringPtr, llvm::jitlink::SymbolLookupFlags>> Lookup;
    std::unique_ptr<llvm::jitlink::JITLinkAsyncLookupContinuation> Continuation;
    // Of programs whose functions can be replaced:
    bool RedirectsLocalCalls = false;
    std::vector<Redirection> Redirections;
    std::vector<Variable> Variables;
    llvm::DenseMap<Block *, uint64_t> Kept; // what lies in an earlier generation, and where
    Block *Handler = nullptr, *Control = nullptr;
    uint64_t HandlerAddress = 0, ControlAddress = 0;
  };

  struct Region {
    uint64_t Size = 0, Alignment = 1, Address = 0;
    std::vector<std::pair<Block *, uint64_t>> Blocks;
    std::vector<char> Content;
  };

  struct MergedSection {
    uint64_t Size = 0;
    std::vector<char> Content;
  };

  struct PlacedSymbol {
    std::string Name;
    uint64_t Address, Size;
    bool IsFunction, IsLocal, IsDescribed;
  };

  struct Array {
    std::string Name;
    uint64_t Address, Size;
  };

  // A section of all graphs together whose bounds the program can ask for; offsets in its region.
  struct Bounds {
    std::string Name;
    orc_region_kind Kind;
    uint64_t Start, End;
  };

  std::vector<Input> Inputs;
  orc_program *Program = nullptr;
  Region Regions[ORC_REGION_COUNT];
  uint64_t EHFrameOffset = 0, EHFrameSize = 0, StubsOffset = 0, RedirectionsOffset = 0;
  std::vector<std::pair<Block *, std::string>> Stubs; // PLT entries and their names
  std::map<std::string, MergedSection> DebugSections;
  std::vector<PlacedSymbol> Symbols;
  llvm::DenseSet<llvm::jitlink::Symbol *> Described; // functions that need no symbol beside their debug info
  llvm::StringMap<uint64_t> Globals;
  std::vector<Array> Arrays;
  std::vector<Bounds> SectionBounds;
  struct {
    size_t Number = 0, NameBytes = 0;
  } AllSymbols, NeededSymbols;
  std::vector<std::string> Errors;

  char *prepare();
  char *place(const uint64_t *Addresses);
  char *resolve(const char *const *Names, const uint64_t *Addresses, size_t Count);
  void commit();

  static orc_region_kind regionOf(const Block &B);
  void addBlock(Block &B);
  llvm::Error placeDebugSections(llvm::jitlink::LinkGraph &G);
  llvm::Error copyDebugSections(llvm::jitlink::LinkGraph &G);
  void noteDescribed();
  void countSymbols();
  void placeKept(Input &I);
  void recordSymbols(llvm::jitlink::LinkGraph &G, Input &I);
  bool isInProgram(llvm::StringRef Name) const;
  std::string takeErrors();
};
