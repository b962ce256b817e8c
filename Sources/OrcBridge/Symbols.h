// What objects define and use, as their symbol tables tell.
#pragma once

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <optional>
#include <string>
#include <vector>

namespace jitdebug {
// The global definitions of an object or a bitcode file; none in other files.
llvm::Expected<std::vector<std::string>> definitions(llvm::MemoryBufferRef Buffer);
// A thread-local variable in the platform's own layout that an object defines or uses; an empty name if it has none.
llvm::Expected<std::optional<std::string>> threadLocalVariable(llvm::MemoryBufferRef Buffer);
} // namespace jitdebug
