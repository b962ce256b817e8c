// The linker behind its C header: its steps, and what came of them.
#include "Linker.h"

char *orc_linker_prepare(orc_linker *L) { return L->prepare(); }
orc_region orc_linker_region(const orc_linker *L, orc_region_kind Kind) {
  return {L->Regions[Kind].Size, L->Regions[Kind].Alignment};
}
size_t orc_linker_symbol_bound(const orc_linker *L, bool NeededOnly, size_t *NameBytes) {
  auto &Count = NeededOnly ? L->NeededSymbols : L->AllSymbols;
  *NameBytes = Count.NameBytes;
  return Count.Number;
}
size_t orc_linker_symbol_count(const orc_linker *L) { return L->Symbols.size(); }
char *orc_linker_place(orc_linker *L, const uint64_t *Addresses) { return L->place(Addresses); }
char *orc_linker_resolve(orc_linker *L, const char *const *Names, const uint64_t *Addresses, size_t Count) {
  return L->resolve(Names, Addresses, Count);
}

const uint8_t *orc_linker_content(const orc_linker *L, orc_region_kind Kind) {
  auto &Content = L->Regions[Kind].Content;
  return Content.empty() ? nullptr : reinterpret_cast<const uint8_t *>(Content.data());
}

orc_placed_symbol orc_linker_symbol(const orc_linker *L, size_t I) {
  auto &S = L->Symbols[I];
  return {S.Name.c_str(), S.Address, S.Size, S.IsFunction, S.IsLocal, S.IsDescribed};
}

bool orc_linker_find(const orc_linker *L, const char *Name, uint64_t *Address) {
  auto I = L->Globals.find(Name);
  if (I == L->Globals.end())
    return false;
  *Address = I->second;
  return true;
}

size_t orc_linker_debug_section_count(const orc_linker *L) { return L->DebugSections.size(); }
orc_section orc_linker_debug_section(const orc_linker *L, size_t I) {
  auto &[Name, Section] = *std::next(L->DebugSections.begin(), I);
  return {Name.c_str(), reinterpret_cast<const uint8_t *>(Section.Content.data()), 0, Section.Content.size()};
}

orc_section orc_linker_eh_frame(const orc_linker *L) {
  auto &R = L->Regions[ORC_REGION_READ_ONLY];
  return {".eh_frame", reinterpret_cast<const uint8_t *>(R.Content.data()) + L->EHFrameOffset,
          R.Address + L->EHFrameOffset, L->EHFrameSize};
}

orc_section orc_linker_stubs(const orc_linker *L) {
  auto &R = L->Regions[ORC_REGION_CODE];
  return {".plt", nullptr, R.Address + L->StubsOffset, R.Size - L->StubsOffset};
}

orc_section orc_linker_redirections(const orc_linker *L) {
  auto &R = L->Regions[ORC_REGION_CODE];
  return {".plt", nullptr, R.Address + L->RedirectionsOffset, R.Size - L->RedirectionsOffset};
}

void orc_linker_commit(orc_linker *L) { L->commit(); }

void orc_linker_visit_functions(const orc_linker *L, void (*Visit)(orc_redirection, void *), void *Context) {
  for (auto &Input : L->Inputs)
    for (auto &R : Input.Redirections)
      Visit({R.Name.c_str(), Input.Name.c_str(), R.PointerAddress, R.BodyAddress, !R.IsOld, R.HasChanged}, Context);
}

void orc_linker_visit_variables(const orc_linker *L, void (*Visit)(orc_variable, void *), void *Context) {
  for (auto &Input : L->Inputs)
    for (auto &V : Input.Variables)
      Visit({V.Name.c_str(), Input.Name.c_str(), V.Neighbours, V.State}, Context);
}

size_t orc_linker_array_count(const orc_linker *L) { return L->Arrays.size(); }
orc_section orc_linker_array(const orc_linker *L, size_t I) {
  auto &A = L->Arrays[I];
  return {A.Name.c_str(), nullptr, A.Address, A.Size};
}
