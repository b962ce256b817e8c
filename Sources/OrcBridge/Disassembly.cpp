// Shows machine code as instructions, for every architecture that code is linked for.
#include "DebugInfo.h"

#include "llvm-c/Disassembler.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;

namespace {

struct Names {
  const char *const *Texts;
  ArrayRef<uint64_t> Addresses;
};

} // namespace

// Names the targets of calls and jumps.
static const char *lookUp(void *Info, uint64_t Value, uint64_t *Type, uint64_t, const char **Name) {
  auto &All = *static_cast<Names *>(Info);
  bool IsBranch = *Type == LLVMDisassembler_ReferenceType_In_Branch;
  *Type = LLVMDisassembler_ReferenceType_InOut_None;
  *Name = nullptr;
  auto *Place = llvm::lower_bound(All.Addresses, Value);
  return IsBranch && Place != All.Addresses.end() && *Place == Value ? All.Texts[Place - All.Addresses.begin()] : nullptr;
}

char *orc_disassemble(const char *TripleText, const uint8_t *Bytes, size_t Size, uint64_t Address,
                      const char *const *Texts, const uint64_t *Addresses, size_t Count) {
  LLVMInitializeX86TargetInfo(), LLVMInitializeX86TargetMC(), LLVMInitializeX86Disassembler();
  LLVMInitializeAArch64TargetInfo(), LLVMInitializeAArch64TargetMC(), LLVMInitializeAArch64Disassembler();
  LLVMInitializeRISCVTargetInfo(), LLVMInitializeRISCVTargetMC(), LLVMInitializeRISCVDisassembler();
  Names All{Texts, ArrayRef(Addresses, Count)};
  Triple Target(TripleText);
  // What the code was compiled for is not known: everything that exists.
  const char *Features = Target.isRISCV() ? "+m,+a,+f,+d,+c,+v" : Target.isAArch64() ? "+all" : "";
  auto Disassembler = LLVMCreateDisasmCPUFeatures(TripleText, "", Features, &All, 0, nullptr, lookUp);
  if (!Disassembler)
    return nullptr;
  LLVMSetDisasmOptions(Disassembler, LLVMDisassembler_Option_PrintImmHex);
  // Where an instruction cannot be read, the next may begin.
  size_t Step = Target.isX86() ? 1 : Target.isRISCV() ? 2 : 4;
  std::string Text;
  for (size_t Offset = 0; Offset < Size;) {
    char Instruction[256];
    size_t Length = LLVMDisasmInstruction(Disassembler, const_cast<uint8_t *>(Bytes) + Offset, Size - Offset,
                                          Address + Offset, Instruction, sizeof Instruction);
    if (!Length) {
      Length = std::min(Step, Size - Offset);
      strcpy(Instruction, "\t(unknown)");
    }
    std::string Line = StringRef(Instruction).trim().str();
    std::replace(Line.begin(), Line.end(), '\t', ' ');
    Text += "0x" + utohexstr(Address + Offset, true) + '\t' + toHex({Bytes + Offset, Length}, true) + '\t' + Line + '\n';
    Offset += Length;
  }
  LLVMDisasmDispose(Disassembler);
  return strdup(Text.c_str());
}
