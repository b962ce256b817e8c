// Which definition wins, what archives give, and what is left for the target's libraries.

import JITDebug
import Testing

@Suite("Symbol resolution")
struct LinkingSymbolTests {
  let fixture: LinkingFixture
  init() throws { fixture = try LinkingFixture() }

  private func defining(_ object: ObjectFile, _ name: String) -> Bool {
    object.symbols.contains { $0.name == name && $0.kind.rawValue <= 2 }
  }

  @Test("strong beats weak and common, in either order; two strong ones clash")
  func strength() throws {
    let definitions = ["int x = 1;", "__attribute__((weak)) int x = 2;", "__attribute__((common)) int x;"]
    for (i, first) in definitions.enumerated() {
      for (j, second) in definitions.enumerated() {
        let a = try fixture.object("a\(i)\(j)", first)
        let b = try fixture.object("b\(i)\(j)", second)
        if i == 0 && j == 0 {
          #expect {
            try fixture.resolve([a, b])
          } throws: { error in
            let error = error as? JITDebugError
            return error?.code == .input && error?.subject == "b00"
              && error?.reason == "duplicate definition of 'x', already defined in a00"
          }
        } else {
          let resolution = try fixture.resolve([a, b])
          #expect(resolution.defines("x") && resolution.externals.isEmpty)
        }
      }
    }
  }

  @Test("the winner's address is everybody's", arguments: [true, false])
  func winner(strongFirst: Bool) throws {
    let strong = try fixture.object("strong", "int f(void) { return 1; } int only_here = 1;")
    let weak = try fixture.object(
      "weak", "__attribute__((weak)) int f(void) { return 2; } int use(void) { return f(); }")
    let objects = strongFirst ? [strong, weak] : [weak, strong]
    let resolution = try fixture.resolve(objects)
    let generation = try fixture.link(resolution.objects)
    #expect(generation.address(of: "f") != nil)
    #expect(generation.address(of: "use") != generation.address(of: "f"))
  }

  @Test("one copy of each COMDAT function survives")
  func comdat() throws {
    let text = "template <class T> int twice(T t) { return 2 * t; }\n"
    let a = try fixture.object("a++", text + "int first() { return twice(1); }")
    let b = try fixture.object("b++", text + "int second() { return twice(2); }")
    let resolution = try fixture.resolve([a, b])
    #expect(resolution.defines("_Z5twiceIiEiT_"))
    #expect(resolution.externals.map(\.name) == [])
    #expect(try fixture.link(resolution.objects).address(of: "_Z5twiceIiEiT_") != nil)
  }

  @Test("archives give only the members that are needed, in circles and behind each other")
  func archives() throws {
    let main = try fixture.object("main", "int a(void); int main(void) { return a(); }")
    let first = try fixture.archive(
      "first.a", ["a": "int b(void); int a(void) { return b(); } int d(void) { return 4; }", "never": "int never = 1;"])
    let second = try fixture.archive(
      "second.a",
      ["b": "int c(void); int d(void); int b(void) { return c() + d(); }", "c": "int c(void) { return 3; }"])
    for archives in [[first, second], [second, first]] {
      let fresh = try fixture.object("main", "int a(void); int main(void) { return a(); }")
      let resolution = try fixture.resolve([fresh], archives)
      #expect(Set(resolution.objects.map(\.name)) == ["main", "first.a(a.o)", "second.a(b.o)", "second.a(c.o)"])
      #expect(resolution.externals.isEmpty)
    }
    // A definition in an object keeps the archive's out.
    let own = try fixture.object("own", "int a(void) { return 7; }")
    #expect(try fixture.resolve([main, own], [first]).objects.map(\.name) == ["main", "own"])
  }

  @Test("an entry comes from an archive; weak references take nothing")
  func archiveReferences() throws {
    let archive = try fixture.archive(
      "entry.a", ["main": "int main(void) { return 0; }", "w": "int w(void) { return 1; }"])
    let object = try fixture.object("o", "__attribute__((weak)) int w(void); int use(void) { return w ? w() : 0; }")
    let resolution = try fixture.resolve([object], [archive])
    #expect(resolution.defines("main"))
    #expect(!resolution.defines("w"))
    #expect(resolution.externals.map(\.name) == ["w"])
    #expect(resolution.externals.first?.isWeak == true)
  }

  @Test("externals name who refers to them, and are weak only if all references are")
  func externals() throws {
    let weak = try fixture.object("weak", "__attribute__((weak)) int g(void); int use(void) { return g ? g() : 0; }")
    let strong = try fixture.object("strong", "int g(void); int main(void) { return g(); }")
    let resolution = try fixture.resolve([weak, strong])
    let external = try #require(resolution.externals.first { $0.name == "g" })
    #expect(!external.isWeak && external.referrer == "strong")
    #expect(resolution.externals.count == 1)
  }

  @Test("names in messages are the source's")
  func demangling() {
    #expect(demangled("_ZN1n5countEl") == "n::count(long)")
    #expect(demangled("main") == "main" && demangled("_Znot_mangled") == "_Znot_mangled" && demangled("") == "")
  }
}
