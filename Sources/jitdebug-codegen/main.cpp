// Compiles LLVM IR for x86-64 into the object that `clang-22 -c -O0 -fPIE -femulated-tls` makes of it, byte for byte (a test
// compares them), in less time than clang takes to start.
//
//   jitdebug-codegen TRIPLE sections|nosections INPUT OUTPUT CLANG [ARGUMENT…]
//
// What it would not compile so it leaves to clang, and becomes that command; and so too for whatever there is to be said.

#include <csignal>
#include <cstdio>
#include <cstring>
#include <unistd.h>

#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/InstrTypes.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/IRReader/IRReader.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/ErrorHandling.h>
#include <llvm/Support/FileSystem.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>

using namespace llvm;

namespace {

bool hasSomethingToSay = false;

class Diagnostics : public DiagnosticHandler {
  bool handleDiagnostics(const DiagnosticInfo &information) override {
    hasSomethingToSay |= information.getSeverity() <= DS_Warning;
    return true;
  }
};

/// What clang has passes for even without optimisation: functions and calls to be inlined whatever comes, coroutines.
bool needsPasses(const Function &function) {
  return function.hasFnAttribute(Attribute::AlwaysInline) || function.getName().starts_with("llvm.coro.") ||
         any_of(instructions(function), [](const Instruction &instruction) {
           auto *call = dyn_cast<CallBase>(&instruction);
           return call && call->getAttributes().hasFnAttr(Attribute::AlwaysInline);
         });
}

std::unique_ptr<TargetMachine> machine(const Triple &triple, bool separatesSymbols) {
  std::string error;
  const Target *target = TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  TargetOptions options;
  options.EmulatedTLS = true;
  options.EmitAddrsig = true;
  options.UseInitArray = true;
  options.FunctionSections = options.DataSections = separatesSymbols;
  return std::unique_ptr<TargetMachine>(target->createTargetMachine(
      triple, "x86-64", "", options, Reloc::PIC_, std::nullopt, CodeGenOptLevel::None));
}

bool compile(const Triple &triple, bool separatesSymbols, const char *input, const char *output) {
  LLVMContext context;
  context.setDiagnosticHandler(std::make_unique<Diagnostics>());
  SMDiagnostic error;
  std::unique_ptr<Module> module = parseIRFile(input, error, context);
  std::unique_ptr<TargetMachine> target = machine(triple, separatesSymbols);
  if (!module || !target || verifyModule(*module) || any_of(*module, needsPasses))
    return false;
  DataLayout layout = target->createDataLayout();
  if (!module->getDataLayoutStr().empty() && module->getDataLayout() != layout)
    return false;
  module->setDataLayout(layout);
  module->setTargetTriple(triple);

  std::error_code failure;
  raw_fd_ostream stream(output, failure);
  legacy::PassManager passes;
  if (failure || target->addPassesToEmitFile(passes, stream, nullptr, CodeGenFileType::ObjectFile))
    return false;
  passes.run(*module);
  stream.close();
  return !stream.has_error() && !hasSomethingToSay;
}

char **clang;

[[noreturn]] void becomeClang() {
  execvp(*clang, clang);
  fprintf(stderr, "error: %s: %s\n", *clang, strerror(errno));
  _exit(127);
}

/// For what LLVM gives up on, rather than to say so.
void leaveToClang() {
  install_fatal_error_handler([](void *, const char *, bool) { becomeClang(); });
  struct sigaction action = {};
  action.sa_handler = [](int) { becomeClang(); };
  // Clang is to have its own crashes.
  action.sa_flags = SA_NODEFER | SA_RESETHAND;
  for (int signal : {SIGABRT, SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE})
    sigaction(signal, &action, nullptr);
}

} // namespace

int main(int count, char **words) {
  if (count < 6)
    return 64;
  clang = words + 5;
  leaveToClang();
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86Target();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86AsmPrinter();
  LLVMInitializeX86AsmParser();
  if (!compile(Triple(words[1]), strcmp(words[2], "sections") == 0, words[3], words[4]))
    becomeClang();
  // Nothing is left to be done that would be worth the time.
  _exit(0);
}
