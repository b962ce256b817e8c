// PLT entries: what they lead to, and calls that need none.
#include "Stubs.h"

#include "llvm/ExecutionEngine/JITLink/aarch64.h"
#include "llvm/ExecutionEngine/JITLink/riscv.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace llvm::jitlink;

// An entry loads its target from the GOT: entry → GOT slot → target.
Symbol *jitdebug::stubTarget(Block &Stub) {
  for (auto &ToEntry : Stub.edges())
    if (ToEntry.getTarget().isDefined())
      for (auto &ToTarget : ToEntry.getTarget().getBlock().edges())
        if (ToTarget.getTarget().hasName())
          return &ToTarget.getTarget();
  return nullptr;
}

// Whether an edge is a call that reaches so far.
static bool reaches(const Triple &Target, Edge::Kind Kind, int64_t Distance) {
  if (Target.isAArch64())
    return Kind == aarch64::Branch26PCRel && isInt<28>(Distance);
  if (Target.isRISCV())
    return Kind == riscv::R_RISCV_CALL && isInt<32>(Distance + 0x800);
  return false;
}

Error jitdebug::bypassStubs(LinkGraph &G, function_ref<bool(const Symbol &)> IsOwn) {
  auto *Stubs = G.findSectionByName(StubsSection);
  if (!Stubs)
    return Error::success();
  for (auto *B : G.blocks()) {
    if (&B->getSection() == Stubs)
      continue;
    for (auto &E : B->edges()) {
      auto &Stub = E.getTarget();
      if (!Stub.isDefined() || &Stub.getSection() != Stubs)
        continue;
      auto *Target = stubTarget(Stub.getBlock());
      if (!Target)
        continue;
      auto Distance = static_cast<int64_t>(Target->getAddress() - B->getFixupAddress(E));
      if (IsOwn(*Target) && reaches(G.getTargetTriple(), E.getKind(), Distance))
        E.setTarget(*Target);
    }
  }
  return Error::success();
}
