// Functions that can be replaced while the program runs: each is called through a stub of its own, and the graphs of later
// generations share the stubs and the data of earlier ones.
#pragma once

#include "Linker.h"

// What a running program consists of, over all of its generations. Global symbols are found by their names, local ones by
// object and name.
struct orc_program {
  struct Function {
    uint64_t Stub, Pointer, Body, Hash;
  };
  struct Variable {
    uint64_t Address, Hash;
    std::string Shape; // the names, places and sizes of what lies in its block
  };

  std::string ReloadPoint, ReloadPointKey;
  // What runs when the program gets to the reload point while a replacement is due, and the words that it works on.
  uint64_t Handler = 0, Control = 0;
  bool IsReloadPointCalled = false;
  llvm::StringMap<Function> Functions;
  llvm::StringMap<Variable> Variables;
  llvm::StringMap<uint64_t> Globals; // functions by their stubs
};

namespace jitdebug {
// The section of the stubs of one graph.
constexpr llvm::StringRef RedirectionSection = "$__REDIRECTIONS";

// A pass, before graphs are pruned: gives every function a stub, leads to it what refers to the function, and finds what
// earlier generations have already.
llvm::Error redirect(llvm::jitlink::LinkGraph &G, orc_linker::Input &Input, orc_program &Program);
} // namespace jitdebug
