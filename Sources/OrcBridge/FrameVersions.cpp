// Frame tables in versions that JITLink does not read.
#include "FrameVersions.h"

#include "llvm/Support/DataExtractor.h"

using namespace llvm;
using namespace llvm::jitlink;

Error jitdebug::lowerFrameVersions(LinkGraph &G) {
  auto *Section = G.findSectionByName(".eh_frame");
  if (!Section)
    return Error::success();
  for (auto *B : Section->blocks()) {
    if (B->isZeroFill())
      continue;
    DataExtractor Data(StringRef(B->getContent().data(), B->getSize()),
                       G.getEndianness() == endianness::little, G.getPointerSize());
    // LSB Core, "The Call Frame Information Format": length, id (0 for a CIE), version, augmentation, two factors, the register.
    std::vector<uint64_t> Places;
    uint64_t Next = 0;
    while (Data.isValidOffsetForDataOfSize(Next, 12)) {
      DataExtractor::Cursor C(Next);
      uint64_t Size = Data.getU32(C);
      if (Size == 0xffffffff)
        Size = Data.getU64(C);
      Next = C.tell() + Size;
      bool IsCIE = Data.getU32(C) == 0;
      uint64_t Place = C.tell();
      bool IsVersion3 = Data.getU8(C) == 3;
      Data.getCStrRef(C);
      Data.getULEB128(C);
      Data.getSLEB128(C);
      bool IsSmall = Data.getU8(C) < 0x80;
      // What cannot be read is JITLink's to complain about.
      bool IsRead = !errorToBool(C.takeError());
      if (IsRead && IsCIE && IsVersion3 && IsSmall)
        Places.push_back(Place);
      if (Next <= Place - 4)
        break;
    }
    if (!Places.empty()) {
      auto Content = B->getMutableContent(G);
      for (uint64_t Place : Places)
        Content[Place] = 1;
    }
  }
  return Error::success();
}
