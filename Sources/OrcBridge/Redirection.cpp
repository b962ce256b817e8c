// Stubs for functions, and the choice of what stays where it is when an object is replaced.
#include "Redirection.h"

#include "llvm/Demangle/Demangle.h"
#include "llvm/ExecutionEngine/JITLink/aarch64.h"
#include "llvm/ExecutionEngine/JITLink/riscv.h"
#include "llvm/ExecutionEngine/JITLink/x86_64.h"
#include "llvm/Support/xxhash.h"

#include <algorithm>

using namespace llvm;
using namespace llvm::jitlink;

namespace {

// What differs between the machines.
struct Machine {
  Edge::Kind Pointer;
  ArrayRef<uint8_t> Handler; // ends with two words: where the control words are, and where the reload point's pointer is
};

// The handler. The first control word is the address of a list of (address, value) that ends with a zero; whoever takes it away
// does all the writes, the last of which lead the reload point to its function again. Everybody then goes there through its
// pointer, and so waits, if another thread is at it, until that is done. Only registers that hold no argument are used.
//
//   x86-64: xchg control; loop: movq through xmm15 (8 bytes at once); jmp *pointer
const uint8_t X86Handler[] = {
    0x45, 0x31, 0xdb, 0x4c, 0x8b, 0x15, 0x2e, 0x00, 0x00, 0x00, 0x4d, 0x87, 0x1a, 0x4d, 0x85, 0xdb, 0x74, 0x19,
    0x4d, 0x8b, 0x13, 0x4d, 0x85, 0xd2, 0x74, 0x11, 0xf3, 0x45, 0x0f, 0x7e, 0x7b, 0x08, 0x66, 0x45, 0x0f, 0xd6,
    0x3a, 0x49, 0x83, 0xc3, 0x10, 0xeb, 0xe7, 0x4c, 0x8b, 0x15, 0x0e, 0x00, 0x00, 0x00, 0x41, 0xff, 0x22, 0x0f,
    0x1f, 0x00, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0};
//   AArch64: ldaxr/stlxr control; loop: ldp, str; dmb ish; br
const uint8_t AArch64Handler[] = {
    0xd0, 0x01, 0x00, 0x58, 0x09, 0xfe, 0x5f, 0xc8, 0x1f, 0xfe, 0x0a, 0xc8, 0xca, 0xff, 0xff, 0x35, 0xa9, 0x00,
    0x00, 0xb4, 0x2a, 0x2d, 0xc1, 0xa8, 0x6a, 0x00, 0x00, 0xb4, 0x4b, 0x01, 0x00, 0xf9, 0xfd, 0xff, 0xff, 0x17,
    0xbf, 0x3b, 0x03, 0xd5, 0xd0, 0x00, 0x00, 0x58, 0x10, 0x02, 0x40, 0xf9, 0x00, 0x02, 0x1f, 0xd6, 0x1f, 0x20,
    0x03, 0xd5, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0};
//   RISC-V: amoswap control; loop: ld, ld, sd; fence; jr
const uint8_t RISCVHandler[] = {
    0x97, 0x02, 0x00, 0x00, 0x03, 0xb3, 0x02, 0x04, 0xaf, 0x33, 0x03, 0x0e, 0x63, 0x8e, 0x03, 0x00,
    0x03, 0xbe, 0x03, 0x00, 0x83, 0xbe, 0x83, 0x00, 0x63, 0x08, 0x0e, 0x00, 0x23, 0x30, 0xde, 0x01,
    0x93, 0x83, 0x03, 0x01, 0x6f, 0xf0, 0xdf, 0xfe, 0x0f, 0x00, 0x30, 0x03, 0x03, 0xb3, 0x82, 0x04,
    0x03, 0x33, 0x03, 0x00, 0x67, 0x00, 0x03, 0x00, 0x13, 0x00, 0x00, 0x00, 0x13, 0x00, 0x00, 0x00,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0};

const uint8_t X86Stub[] = {0xff, 0x25, 0, 0, 0, 0};                                      // jmpq *pointer(%rip)
const uint8_t RISCVStub[] = {0x17, 0x0e, 0, 0, 0x03, 0x3e, 0x0e, 0, 0x67, 0, 0x0e, 0};    // auipc t3; ld t3; jr t3

ArrayRef<char> chars(ArrayRef<uint8_t> Bytes) {
  return {reinterpret_cast<const char *>(Bytes.data()), Bytes.size()};
}

std::optional<Machine> machine(const Triple &T) {
  if (T.getArch() == Triple::x86_64)
    return Machine{x86_64::Pointer64, X86Handler};
  if (T.getArch() == Triple::aarch64)
    return Machine{aarch64::Pointer64, AArch64Handler};
  if (T.getArch() == Triple::riscv64)
    return Machine{riscv::R_RISCV_64, RISCVHandler};
  return std::nullopt;
}

Block &createStub(LinkGraph &G, Section &S, Symbol &Pointer) {
  auto &T = G.getTargetTriple();
  if (T.isAArch64())
    return aarch64::createPointerJumpStubBlock(G, S, Pointer);
  bool IsX86 = T.isX86();
  auto &B = G.createContentBlock(S, chars(IsX86 ? ArrayRef(X86Stub) : ArrayRef(RISCVStub)), {}, 8, 0);
  if (IsX86)
    B.addEdge(x86_64::Delta32, 2, Pointer, -4);
  else
    B.addEdge(riscv::R_RISCV_CALL, 0, Pointer, 0); // for its pair of auipc and an instruction with 12 bits
  return B;
}

bool isExecutable(const Section &S) { return (S.getMemProt() & orc::MemProt::Exec) != orc::MemProt::None; }
bool isWritable(const Section &S) { return (S.getMemProt() & orc::MemProt::Write) != orc::MemProt::None; }
bool isLoaded(const Section &S) { return S.getMemLifetime() != orc::MemLifetime::NoAlloc; }

// Assemblers mark where code and data begin by symbols of these names (AArch64, RISC-V).
bool isMark(StringRef Name) {
  return Name.size() > 1 && Name[0] == '$' && StringRef("xdat").contains(Name[1]) &&
         (Name.size() == 2 || Name[2] == '.' || Name.starts_with("$xrv"));
}

bool isNamed(const Symbol &S) { return S.hasName() && !(*S.getName()).starts_with(".L") && !isMark(*S.getName()); }

std::string keyOf(const Symbol &S, StringRef Object) {
  auto Name = (*S.getName()).str();
  return S.getScope() == Scope::Local ? (Object + Twine('\0') + Name).str() : Name;
}

// Whether a symbol is what the source calls so, without its parameters.
bool isCalled(StringRef Symbol, StringRef Name) {
  if (Symbol == Name || !Symbol.starts_with("_Z"))
    return Symbol == Name;
  auto Text = demangle(Symbol);
  return StringRef(Text).starts_with(Name) && Text.size() > Name.size() && Text[Name.size()] == '(';
}

// Sections whose content is the program's own from the start: what it writes there is to be kept. (.data.rel.ro is written
// by relocation only.)
bool holdsVariables(const Section &S) {
  auto Name = S.getName();
  return isLoaded(S) && isWritable(S) && !isExecutable(S) && !Name.starts_with(".data.rel.ro") &&
         !Name.starts_with("$__") && !jitdebug::isFunctionArray(Name);
}

bool isCall(const Triple &T, Edge::Kind Kind) {
  if (T.isX86())
    return Kind == x86_64::BranchPCRel32;
  if (T.isAArch64())
    return Kind == aarch64::Branch26PCRel;
  return Kind == riscv::R_RISCV_CALL || Kind == riscv::R_RISCV_CALL_PLT || Kind == riscv::CallRelaxable;
}

// What x86's instructions add because they count from their ends. A reference through a section's symbol leads to its start
// with this addend, unless a constant follows in the instruction, which those that take a function's address do not have.
int64_t startAddend(const LinkGraph &G, const Block &From, const Edge &E) {
  return G.getTargetTriple().isX86() && E.getKind() == x86_64::Delta32 && isExecutable(From.getSection()) ? -4 : 0;
}

// A text that changes when the function does. What it refers to by place only, such as a string, counts by its content.
uint64_t hashOf(const LinkGraph &G, const Block &B) {
  if (B.isZeroFill())
    return 0;
  std::string Text(B.getContent().data(), B.getSize());
  std::vector<std::string> Uses;
  for (auto &E : B.edges()) {
    auto &T = E.getTarget();
    std::string Use = std::to_string(E.getOffset()) + ' ' + std::to_string(E.getKind()) + ' ';
    int64_t Place = E.getAddend() - startAddend(G, B, E) + (T.isDefined() ? T.getOffset() : 0);
    if (T.hasName() && isNamed(T)) {
      Use += (*T.getName()).str() + ' ' + std::to_string(E.getAddend());
    } else if (T.isDefined()) {
      auto &To = T.getBlock();
      auto &Section = To.getSection();
      if (isWritable(Section) || isExecutable(Section) || To.isZeroFill() || Place < 0 || Place >= int64_t(To.getSize()))
        Use += Section.getName().str() + ' ' + std::to_string(Place);
      else
        Use += StringRef(To.getContent().data() + Place, To.getSize() - Place).take_front(256).split('\0').first;
    }
    Uses.push_back(std::move(Use));
  }
  llvm::sort(Uses);
  for (auto &Use : Uses)
    Text += Use + '\0';
  return xxh3_64bits(Text);
}

class Redirector {
public:
  Redirector(LinkGraph &G, orc_linker::Input &Input, orc_program &Program, Machine M)
      : G(G), Input(Input), Program(Program), M(M), Stubs(G.createSection(
                                                        jitdebug::RedirectionSection,
                                                        orc::MemProt::Read | orc::MemProt::Exec)),
        Pointers(G.createSection("$__POINTERS", orc::MemProt::Read | orc::MemProt::Write)) {}

  void run() {
    std::vector<Symbol *> Functions;
    for (auto *S : G.defined_symbols())
      if (isNamed(*S) && !Input.Discarded.count(&S->getBlock()) && isLoaded(S->getSection())) {
        if (S->isCallable() && isExecutable(S->getSection()))
          Functions.push_back(S);
        else if (holdsVariables(S->getSection()))
          Variables[&S->getBlock()].push_back(S);
      }
    // The same order each time.
    llvm::sort(Functions, [](auto *A, auto *B) { return *A->getName() < *B->getName(); });
    for (auto *S : Functions)
      addStub(*S);
    for (auto *B : G.blocks())
      if (isLoaded(B->getSection()) && B->getSection().getName() != ".eh_frame" && &B->getSection() != &Pointers)
        for (auto &E : B->edges())
          lead(*B, E);
    for (auto &[B, Symbols] : Variables)
      findVariables(*B, Symbols);
    llvm::sort(Input.Variables, [](auto &A, auto &B) { return A.Name < B.Name; });
  }

private:
  Block &createPointer(Symbol &To) {
    static const char Zeros[8] = {};
    auto &B = G.createContentBlock(Pointers, Zeros, {}, 8, 0);
    B.addEdge(M.Pointer, 0, To, 0);
    return B;
  }

  void addStub(Symbol &S) {
    orc_linker::Redirection R;
    R.Name = (*S.getName()).str();
    R.Key = keyOf(S, Input.Name);
    R.Body = &S;
    R.Hash = hashOf(G, S.getBlock());
    auto Old = Program.Functions.find(R.Key);
    R.IsOld = Old != Program.Functions.end();
    R.HasChanged = R.IsOld && Old->second.Hash != R.Hash;
    // Names of one function have one address.
    auto &Others = ByPlace[{&S.getBlock(), S.getOffset()}];
    for (auto &Other : Others)
      if (!R.IsOld || Old->second.Stub == Other.OldStub) {
        R.Pointer = Other.Pointer;
        R.Stub = &Other.Stub->getBlock();
        ByName[&S] = Other.Stub;
        Input.Redirections.push_back(std::move(R));
        return;
      }
    R.Pointer = &createPointer(S);
    auto &Pointer = G.addAnonymousSymbol(*R.Pointer, 0, 8, false, true);
    R.Stub = &createStub(G, Stubs, Pointer);
    auto &Stub = G.addAnonymousSymbol(*R.Stub, 0, R.Stub->getSize(), true, true);
    ByName[&S] = &Stub;
    Others.push_back({R.Pointer, &Stub, R.IsOld ? Old->second.Stub : 0});
    if (!S.getOffset())
      ByBlock.insert({&S.getBlock(), &Stub});
    if (R.IsOld) {
      Input.Kept[R.Stub] = Old->second.Stub;
      Input.Kept[R.Pointer] = Old->second.Pointer;
    } else if (Program.ReloadPointKey.empty() && isCalled(R.Name, Program.ReloadPoint)) {
      Program.ReloadPointKey = R.Key;
      addHandler(Pointer);
      ReloadStub = &Stub;
    }
    Input.Redirections.push_back(std::move(R));
  }

  // With the reload point's own stub.
  void addHandler(Symbol &Pointer) {
    static const char Zeros[16] = {};
    auto &Words = G.createContentBlock(Pointers, Zeros, {}, 8, 0);
    auto &Handler = G.createContentBlock(Stubs, chars(M.Handler), {}, 8, 0);
    uint64_t End = M.Handler.size();
    Handler.addEdge(M.Pointer, End - 16, G.addAnonymousSymbol(Words, 0, 16, false, true), 0);
    Handler.addEdge(M.Pointer, End - 8, Pointer, 0);
    G.addAnonymousSymbol(Handler, 0, End, true, true);
    Input.Handler = &Handler;
    Input.Control = &Words;
  }

  // Compilers change how the static functions of a file are called when they see all calls: the code of an earlier generation,
  // which may be running still, must not call those of a later one then.
  bool keepsDirect(const Symbol &To, const Edge &E) {
    bool IsLocal = !To.hasName() || To.getScope() == Scope::Local;
    return IsLocal && !Input.RedirectsLocalCalls && isCall(G.getTargetTriple(), E.getKind());
  }

  void lead(Block &From, Edge &E) {
    auto &To = E.getTarget();
    if (!To.isDefined() || !E.isRelocation())
      return;
    Symbol *Stub = nullptr;
    if (auto I = ByName.find(&To); I != ByName.end())
      Stub = I->second;
    else if (!To.hasName() && !To.getOffset() && &To.getBlock() != &From && E.getAddend() == startAddend(G, From, E))
      if (auto I = ByBlock.find(&To.getBlock()); I != ByBlock.end())
        Stub = I->second;
    if (!Stub || keepsDirect(To, E))
      return;
    if (Stub == ReloadStub)
      Program.IsReloadPointCalled = true;
    E.setTarget(*Stub);
  }

  void findVariables(Block &B, std::vector<Symbol *> &Symbols) {
    llvm::sort(Symbols, [](auto *A, auto *B) {
      return A->getOffset() != B->getOffset() ? A->getOffset() < B->getOffset() : *A->getName() < *B->getName();
    });
    orc_linker::Variable V;
    V.Block = &B;
    V.Name = (*Symbols.front()->getName()).str();
    V.Key = keyOf(*Symbols.front(), Input.Name);
    V.Hash = hashOf(G, B);
    V.Neighbours = Symbols.size() - 1;
    V.Shape = std::to_string(B.getSize());
    for (auto *S : Symbols)
      V.Shape += ' ' + (*S->getName()).str() + '@' + std::to_string(S->getOffset());
    auto Old = Program.Variables.find(V.Key);
    if (Old == Program.Variables.end()) {
      V.State = ORC_VARIABLE_NEW;
    } else if (Old->second.Shape != V.Shape) {
      V.State = ORC_VARIABLE_RESIZED;
    } else {
      V.State = Old->second.Hash == V.Hash ? ORC_VARIABLE_KEPT : ORC_VARIABLE_KEPT_OTHER_INITIAL;
      Input.Kept[&B] = Old->second.Address;
    }
    Input.Variables.push_back(std::move(V));
  }

  LinkGraph &G;
  orc_linker::Input &Input;
  orc_program &Program;
  Machine M;
  Section &Stubs, &Pointers;
  DenseMap<Symbol *, Symbol *> ByName;
  DenseMap<Block *, Symbol *> ByBlock;
  struct Place {
    Block *Pointer;
    Symbol *Stub;
    uint64_t OldStub;
  };
  std::map<std::pair<Block *, uint64_t>, std::vector<Place>> ByPlace;
  DenseMap<Block *, std::vector<Symbol *>> Variables;
  Symbol *ReloadStub = nullptr;
};

} // namespace

Error jitdebug::redirect(LinkGraph &G, orc_linker::Input &Input, orc_program &Program) {
  auto M = machine(G.getTargetTriple());
  if (!M)
    return make_error<JITLinkError>("functions cannot be replaced on " + G.getTargetTriple().str());
  Redirector(G, Input, Program, *M).run();
  return Error::success();
}

// What a generation adds to the program, once it is linked.
void orc_linker::commit() {
  for (auto &Entry : Globals)
    Program->Globals[Entry.first()] = Entry.second;
  for (auto &Input : Inputs) {
    for (auto &R : Input.Redirections)
      Program->Functions[R.Key] = {R.StubAddress, R.PointerAddress, R.BodyAddress, R.Hash};
    for (auto &V : Input.Variables)
      Program->Variables[V.Key] = {V.Address, V.Hash, V.Shape};
    if (Input.Control) {
      Program->Handler = Input.HandlerAddress;
      Program->Control = Input.ControlAddress;
    }
    for (auto &[Name, Flags] : Input.Lookup)
      if (*Name == Program->ReloadPointKey)
        Program->IsReloadPointCalled = true;
  }
}

orc_program *orc_program_create(const char *ReloadPoint) {
  auto *P = new orc_program;
  P->ReloadPoint = ReloadPoint;
  return P;
}
void orc_program_free(orc_program *P) { delete P; }

bool orc_program_find(const orc_program *P, const char *Name, uint64_t *Address) {
  auto I = P->Globals.find(Name);
  if (I == P->Globals.end())
    return false;
  *Address = I->second;
  return true;
}

orc_reload_point orc_program_reload_point(const orc_program *P) {
  auto I = P->Functions.find(P->ReloadPointKey);
  if (I == P->Functions.end())
    return {};
  return {P->Handler, P->Control, I->second.Pointer, I->second.Body, P->IsReloadPointCalled};
}
