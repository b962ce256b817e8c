// The order of initialisers and finalisers, judged by where their functions come from.

import JITDebug
import Testing

@Suite("Function arrays")
struct LinkingOrderTests {
  let fixture: LinkingFixture
  init() throws { fixture = try LinkingFixture() }

  @Test("priorities come first, then the inputs' order; preinit before all")
  func initialisers() throws {
    let a = try fixture.object(
      "a",
      """
      __attribute__((constructor)) void a_plain(void) {}
      __attribute__((constructor(300))) void a_300(void) {}
      __attribute__((destructor(200))) void a_end(void) {}
      """)
    let b = try fixture.object(
      "b",
      """
      __attribute__((constructor(200))) void b_200(void) {}
      __attribute__((constructor)) void b_plain(void) {}
      static void early(void) {}
      __attribute__((section(".preinit_array"), used)) static void (*const pre)(void) = early;
      """)
    let generation = try fixture.link(try fixture.resolve([a, b]).objects)
    let arrays = generation.functionArrays
    func sections(_ ranges: [TargetRange]) -> [String] {
      ranges.map { range in arrays.first { $0.range == range }?.section ?? "?" }
    }
    let order = sections(generation.initializers)
    #expect(order == [".preinit_array", ".init_array.200", ".init_array.300", ".init_array", ".init_array"])
    // Of equal priority: as the inputs lie.
    let plain = generation.initializers.suffix(2).map(\.start)
    #expect(plain == plain.sorted())
    #expect(sections(generation.finalizers) == [".fini_array.200"])
  }

  @Test(".ctors count down and run backwards")
  func constructors() throws {
    let object = try fixture.object(
      "old",
      """
      static void f(void) {}
      __attribute__((section(".ctors"), used)) static void (*const table[])(void) = {f, f};
      __attribute__((section(".ctors.65435"), used)) static void (*const urgent)(void) = f;
      """)
    let generation = try fixture.link(try fixture.resolve([object]).objects)
    let ranges = generation.initializers
    #expect(ranges.count == 3 && ranges.allSatisfy { $0.size == 8 })
    let table = try #require(generation.functionArrays.first { $0.section == ".ctors" }).range
    #expect(ranges.map(\.start).dropFirst() == [table.start + 8, table.start])
  }
}
