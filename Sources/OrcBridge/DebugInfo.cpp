// Reads an object's DWARF and frame tables for `jitdebug inspect`.
#include "DebugInfo.h"
#include "Bridge.h"

#include "llvm/DebugInfo/DWARF/DWARFCompileUnit.h"
#include "llvm/DebugInfo/DWARF/DWARFContext.h"
#include "llvm/DebugInfo/DWARF/DWARFDebugFrame.h"
#include "llvm/Demangle/Demangle.h"
#include "llvm/Object/ELFObjectFile.h"

using namespace llvm;

namespace {

// Keeps the beginning of what is written, and counts errors in all of it.
class Excerpt : public raw_ostream {
  static constexpr size_t Limit = 1 << 14;
  uint64_t Position = 0;

  void write_impl(const char *Bytes, size_t Size) override {
    Position += Size;
    StringRef Part(Bytes, Size);
    Errors += Part.count("error: ");
    Text += Part.take_front(Limit - std::min(Limit, Text.size()));
  }
  uint64_t current_pos() const override { return Position; }

public:
  std::string Text;
  size_t Errors = 0;
  Excerpt() { SetBufferSize(1 << 16); }
  ~Excerpt() override { flush(); }
};

} // namespace

struct orc_debug_info {
  std::unique_ptr<object::ObjectFile> Object;
  std::unique_ptr<DWARFContext> Context;
  // Loaded sections that have code: where they begin and end, and their numbers.
  struct Section {
    uint64_t Start, End, Index;
  };
  std::vector<Section> Code;
  std::vector<std::string> Producers;
  size_t Functions = 0, Inside = 0;
  // What could not be read, which the verifier does not see.
  size_t Problems = 0;
  std::string FirstProblem;
  // Sorted by their beginnings.
  std::vector<std::pair<uint64_t, uint64_t>> Frames;

  const Section *section(uint64_t Address) const {
    for (auto &S : Code)
      if (S.Start <= Address && Address < S.End)
        return &S;
    return nullptr;
  }
};

static void readUnits(orc_debug_info &Info) {
  for (auto &Unit : Info.Context->compile_units()) {
    auto Producer = dwarf::toStringRef(Unit->getUnitDIE(true).find(dwarf::DW_AT_producer));
    Info.Producers.push_back(Producer.str());
    Unit->getUnitDIE(false);
    for (auto &Entry : Unit->dies()) {
      DWARFDie Die(Unit.get(), &Entry);
      if (Die.getTag() != dwarf::DW_TAG_subprogram)
        continue;
      auto Ranges = Die.getAddressRanges();
      if (!Ranges) {
        consumeError(Ranges.takeError());
        continue;
      }
      if (Ranges->empty())
        continue;
      ++Info.Functions;
      Info.Inside += Info.section(Ranges->front().LowPC) != nullptr;
    }
  }
}

static void addFrames(orc_debug_info &Info, const DWARFDebugFrame &Table) {
  for (auto &Entry : Table)
    if (auto *Frame = dyn_cast<dwarf::FDE>(&Entry))
      Info.Frames.emplace_back(Frame->getInitialLocation(), Frame->getInitialLocation() + Frame->getAddressRange());
  llvm::sort(Info.Frames);
}

static void readFrames(orc_debug_info &Info) {
  auto Add = [&](Expected<const DWARFDebugFrame *> Table) {
    if (Table)
      addFrames(Info, **Table);
    else
      consumeError(Table.takeError());
  };
  // Of relocatable objects, LLVM applies the relocations of .eh_frame as if it were at address 0.
  if (!Info.Object->isRelocatableObject())
    Add(Info.Context->getEHFrame());
  Add(Info.Context->getDebugFrame());
}

void orc_debug_info_add_frames(orc_debug_info *Info, const void *Bytes, size_t Size, uint64_t Address) {
  DWARFDebugFrame Table(Info->Object->getArch(), /*IsEH=*/true, Address);
  DWARFDataExtractor Data(StringRef(static_cast<const char *>(Bytes), Size), Info->Object->isLittleEndian(),
                          Info->Object->getBytesInAddress());
  // What was read before a damaged entry counts.
  consumeError(Table.parse(Data));
  addFrames(*Info, Table);
}

char *orc_debug_info_open(const void *Bytes, size_t Size, orc_debug_info **Result) {
  auto Info = std::make_unique<orc_debug_info>();
  auto Object = object::ObjectFile::createELFObjectFile({{static_cast<const char *>(Bytes), Size}, "object"});
  if (!Object)
    return jitdebug::toCString(Object.takeError());
  Info->Object = std::move(*Object);
  auto Note = [Info = Info.get()](Error E) {
    auto Message = toString(std::move(E));
    if (!Info->Problems++)
      Info->FirstProblem = Message;
  };
  Info->Context =
      DWARFContext::create(*Info->Object, DWARFContext::ProcessDebugRelocations::Process, nullptr, "", Note, Note);
  for (auto &Section : Info->Object->sections())
    if (Section.isText() && Section.getSize())
      Info->Code.push_back({Section.getAddress(), Section.getAddress() + Section.getSize(), Section.getIndex()});
  readUnits(*Info);
  readFrames(*Info);
  *Result = Info.release();
  return nullptr;
}

void orc_debug_info_free(orc_debug_info *Info) { delete Info; }

size_t orc_debug_info_unit_count(const orc_debug_info *Info) { return Info->Producers.size(); }
const char *orc_debug_info_producer(const orc_debug_info *Info, size_t Unit) { return Info->Producers[Unit].c_str(); }

size_t orc_debug_info_functions(const orc_debug_info *Info, size_t *Inside) {
  *Inside = Info->Inside;
  return Info->Functions;
}

bool orc_debug_info_unwinds(const orc_debug_info *Info, uint64_t Address) {
  auto After = llvm::upper_bound(Info->Frames, std::make_pair(Address, UINT64_MAX));
  return After != Info->Frames.begin() && Address < std::prev(After)->second;
}

size_t orc_debug_info_verify(orc_debug_info *Info, char **Text) {
  Excerpt Output;
  bool IsGood = Info->Context->verify(Output, DIDumpOptions());
  Output.flush();
  auto First = Info->Problems ? "error: " + Info->FirstProblem + "\n" : std::string();
  *Text = strdup((First + Output.Text).c_str());
  return Info->Problems + (IsGood ? 0 : std::max<size_t>(Output.Errors, 1));
}

char *orc_debug_info_lookup(orc_debug_info *Info, uint64_t Address) {
  // In relocatable objects each section has its own addresses.
  auto *Section = Info->section(Address);
  DILineInfoSpecifier Specifier(DILineInfoSpecifier::FileLineInfoKind::AbsoluteFilePath, DINameKind::LinkageName);
  DIInliningInfo Frames;
  if (Section)
    Frames = Info->Context->getInliningInfoForAddress({Address, Section->Index}, Specifier);
  if (!Frames.getNumberOfFrames() || Frames.getFrame(0).Line == 0)
    if (auto Others = Info->Context->getInliningInfoForAddress({Address, object::SectionedAddress::UndefSection}, Specifier);
        Others.getNumberOfFrames())
      Frames = Others;
  if (!Frames.getNumberOfFrames())
    return nullptr;
  std::string Text;
  raw_string_ostream Out(Text);
  for (uint32_t I = 0; I < Frames.getNumberOfFrames(); ++I) {
    auto &Frame = Frames.getFrame(I);
    auto Part = [](const std::string &S) { return S == DILineInfo::BadString ? std::string() : S; };
    Out << demangle(Part(Frame.FunctionName)) << '\t' << Part(Frame.FileName) << '\t' << Frame.Line << '\t' << Frame.Column
        << '\n';
  }
  return strdup(Text.c_str());
}
