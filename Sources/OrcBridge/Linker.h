// The state of one generation's link between JITLink's phases.
#pragma once

#include "Bridge.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"

#include <map>

struct orc_linker {
  using Block = llvm::jitlink::Block;

  struct Input {
    std::string Name;
    std::unique_ptr<llvm::jitlink::LinkGraph> Owned; // until JITLink takes it
    llvm::jitlink::LinkGraph *Graph = nullptr;       // while JITLink has it
    llvm::DenseSet<Block *> Discarded;
    llvm::DenseSet<llvm::jitlink::Symbol *> DiscardedSymbols;
    llvm::jitlink::JITLinkMemoryManager::OnAllocatedFunction OnAllocated;
    std::vector<std::pair<llvm::orc::SymbolStringPtr, llvm::jitlink::SymbolLookupFlags>> Lookup;
    std::unique_ptr<llvm::jitlink::JITLinkAsyncLookupContinuation> Continuation;
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
    bool IsFunction, IsLocal;
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
  Region Regions[ORC_REGION_COUNT];
  uint64_t EHFrameOffset = 0, EHFrameSize = 0, StubsOffset = 0;
  std::vector<std::pair<Block *, std::string>> Stubs; // PLT entries and their names
  std::map<std::string, MergedSection> DebugSections;
  std::vector<PlacedSymbol> Symbols;
  llvm::StringMap<uint64_t> Globals;
  std::vector<Array> Arrays;
  std::vector<Bounds> SectionBounds;
  size_t SymbolCount = 0, SymbolNameBytes = 0;
  std::vector<std::string> Errors;

  char *prepare();
  char *place(const uint64_t *Addresses);
  char *resolve(const char *const *Names, const uint64_t *Addresses, size_t Count);

  static orc_region_kind regionOf(const Block &B);
  void addBlock(Block &B);
  llvm::Error placeDebugSections(llvm::jitlink::LinkGraph &G);
  llvm::Error copyDebugSections(llvm::jitlink::LinkGraph &G);
  void countSymbols();
  void recordSymbols(llvm::jitlink::LinkGraph &G);
  std::string takeErrors();
};
