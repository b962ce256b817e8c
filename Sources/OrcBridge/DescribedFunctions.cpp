// Which functions need no symbol beside their debug info.
#include "Linker.h"

#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/Support/DataExtractor.h"

using namespace llvm;
using namespace llvm::jitlink;

// Every tag of a graph's debug info. DWARF 5, 7.5.3: a code, a tag, a byte for children, then pairs of attribute and form; zeros end
// the pairs and each table.
static DenseSet<uint64_t> debugTags(LinkGraph &G) {
  DenseSet<uint64_t> Tags;
  auto *Section = G.findSectionByName(".debug_abbrev");
  if (!Section)
    return Tags;
  for (auto *B : Section->blocks()) {
    DataExtractor Data(StringRef(B->getContent().data(), B->getSize()), true, G.getPointerSize());
    DataExtractor::Cursor C(0);
    while (C && !Data.eof(C)) {
      if (!Data.getULEB128(C))
        continue;
      Tags.insert(Data.getULEB128(C) & 0xffff);
      Data.getU8(C);
      for (uint64_t Attribute = 1, Form = 1; C && (Attribute || Form);) {
        Attribute = Data.getULEB128(C);
        Form = Data.getULEB128(C);
        if (Form == dwarf::DW_FORM_implicit_const)
          Data.getSLEB128(C);
      }
    }
    consumeError(C.takeError());
  }
  return Tags;
}

// Functions at whose very start an address in debug info points, and whose symbol tells debuggers nothing more than that does.
void orc_linker::noteDescribed() {
  std::vector<LinkGraph *> Describing;
  for (auto &Input : Inputs) {
    auto Tags = debugTags(*Input.Graph);
    // LLDB finds what is called by its symbol, when it works out a caller's values.
    if (Tags.contains(dwarf::DW_TAG_call_site) || Tags.contains(dwarf::DW_TAG_GNU_call_site))
      return;
    // (An assembler's debug info tells of labels, in which debuggers see no functions.)
    if (Tags.contains(dwarf::DW_TAG_subprogram))
      Describing.push_back(Input.Graph);
  }
  for (auto *G : Describing) {
    DenseSet<std::pair<Block *, uint64_t>> Starts;
    for (StringRef Name : {".debug_info", ".debug_addr"})
      if (auto *Section = G->findSectionByName(Name))
        for (auto *B : Section->blocks())
          for (auto &E : B->edges())
            if (auto &T = E.getTarget(); T.isDefined())
              Starts.insert({&T.getBlock(), T.getOffset() + E.getAddend()});
    // By mangled names LLDB finds qualified ones: from debug info alone, regular expressions match a function's own name only.
    for (auto *Sym : G->defined_symbols())
      if (Sym->hasName() && !(*Sym->getName()).starts_with("_Z") && Sym->isCallable() && Sym->getSize() &&
          Starts.count({&Sym->getBlock(), Sym->getOffset()}))
        Described.insert(Sym);
  }
}
