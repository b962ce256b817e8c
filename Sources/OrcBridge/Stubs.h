// PLT entries: what they lead to, and calls that need none.
#pragma once

#include "llvm/ExecutionEngine/JITLink/JITLink.h"

namespace jitdebug {
// JITLink's section for PLT entries; every target's table manager calls it so.
constexpr llvm::StringRef StubsSection = "$__STUBS";

// The symbol that a PLT entry jumps to; null if the entry has another form.
llvm::jitlink::Symbol *stubTarget(llvm::jitlink::Block &Stub);

// Lets calls to the program's own functions go there directly, if they reach. JITLink does this on x86-64 by itself, and on no other
// target: stepping into a function of another file would lead through code without a line.
llvm::Error bypassStubs(llvm::jitlink::LinkGraph &G,
                        llvm::function_ref<bool(const llvm::jitlink::Symbol &)> IsOwn);
} // namespace jitdebug
