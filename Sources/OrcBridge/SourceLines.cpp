// Reads line tables into one list of addresses.
#include "SourceLines.h"
#include "Bridge.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/DebugInfo/DWARF/DWARFContext.h"
#include "llvm/DebugInfo/DWARF/DWARFDebugLine.h"
#include "llvm/Object/ObjectFile.h"

using namespace llvm;

struct orc_source_lines {
  StringSet<> Files;
  std::vector<orc_source_line> Lines;
};

char *orc_source_lines_read(const void *Bytes, size_t Size, orc_source_lines **Result) {
  MemoryBufferRef Buffer(StringRef(static_cast<const char *>(Bytes), Size), "debug info");
  auto Object = object::ObjectFile::createObjectFile(Buffer);
  if (!Object)
    return jitdebug::toCString(Object.takeError());
  auto Ignore = [](Error E) { consumeError(std::move(E)); };
  auto Context = DWARFContext::create(**Object, DWARFContext::ProcessDebugRelocations::Process, nullptr, "", Ignore, Ignore);
  auto Lines = std::make_unique<orc_source_lines>();
  for (auto &Unit : Context->compile_units()) {
    auto Table = Context->getLineTableForUnit(Unit.get(), Ignore);
    if (!Table) {
      consumeError(Table.takeError());
      continue;
    }
    if (!*Table)
      continue;
    const char *Folder = Unit->getCompilationDir() ? Unit->getCompilationDir() : "";
    DenseMap<uint64_t, const char *> Names;
    for (auto &Row : (*Table)->Rows) {
      const char *&Name = Names[Row.File];
      if (!Name) {
        std::string Path;
        (*Table)->getFileNameByIndex(Row.File, Folder, DILineInfoSpecifier::FileLineInfoKind::AbsoluteFilePath, Path);
        Name = Lines->Files.insert(Path).first->getKeyData();
      }
      Lines->Lines.push_back({Row.Address.Address, Row.EndSequence ? nullptr : Name, Row.Line, Row.Discriminator});
    }
  }
  // Where one sequence ends another may begin, and its line is what counts. Lines of one address stay in their order. (The standard
  // library's stable_sort calls what the standard has deprecated.)
  std::vector<std::tuple<uint64_t, bool, size_t>> Order;
  for (auto &Line : Lines->Lines)
    Order.emplace_back(Line.address, Line.file != nullptr, Order.size());
  llvm::sort(Order);
  std::vector<orc_source_line> Sorted;
  for (auto &[Address, HasFile, Index] : Order)
    Sorted.push_back(Lines->Lines[Index]);
  Lines->Lines = std::move(Sorted);
  *Result = Lines.release();
  return nullptr;
}

void orc_source_lines_free(orc_source_lines *Lines) { delete Lines; }
size_t orc_source_lines_count(const orc_source_lines *Lines) { return Lines->Lines.size(); }
orc_source_line orc_source_lines_get(const orc_source_lines *Lines, size_t Index) { return Lines->Lines[Index]; }
