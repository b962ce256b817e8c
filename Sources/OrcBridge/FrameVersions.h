// Frame tables in versions that JITLink does not read.
#pragma once

#include "llvm/ExecutionEngine/JITLink/JITLink.h"

namespace jitdebug {
// Makes CIEs of version 3, as GCC writes them for RISC-V, CIEs of version 1. They differ in how the return address's register is
// written, but not below 128, and unwinders take both. To be run before JITLink looks at .eh_frame.
llvm::Error lowerFrameVersions(llvm::jitlink::LinkGraph &G);
} // namespace jitdebug
