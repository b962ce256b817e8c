// The C++ types behind the bridge's opaque pointers.
#pragma once

#include "OrcBridge.h"

#include "llvm/ExecutionEngine/JITLink/JITLink.h"

#include <memory>
#include <string>
#include <vector>

struct orc_object {
  struct Symbol {
    llvm::jitlink::Symbol *Sym;
    std::string Name;
    orc_symbol_kind Kind;
    bool IsFunction;
    uint64_t Size;
  };
  std::unique_ptr<llvm::jitlink::LinkGraph> Graph;
  std::vector<Symbol> Symbols;
  // Blocks of discarded definitions that nothing else in the graph has a name for.
  llvm::DenseSet<llvm::jitlink::Block *> Discarded;
  bool RedirectsLocalCalls = false;
};

namespace jitdebug {
// A message on the heap that orc_string_free frees.
char *toCString(llvm::Error E);
char *toCString(const std::string &Text);
} // namespace jitdebug
