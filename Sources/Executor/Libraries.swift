// Opens shared libraries and finds symbols in them.
import ExecutorSystem
import Wire

enum Libraries {
  /// Opens a library, or with an empty path the process itself, and returns its handle.
  static func open(path: WireString) throws(ExecutorError) -> UInt64 {
    var reason: UnsafePointer<CChar>?
    let handle =
      path.utf8.isEmpty ? library_open(nil, &reason) : library_open(path.cString, &reason)
    guard handle != 0 else {
      throw ExecutorError(reason.map { WireString(cString: $0) } ?? "\(path): cannot be opened")
    }
    return handle
  }

  /// Stock controllers, clang-repl among them, expect a C++ program and find the C++ library in it. So that is opened
  /// when C++ symbols are asked for that the process does not have.
  static func openCXXLibrary(ifNeededBy query: SymbolQuery, in handle: UInt64) -> Bool {
    let name = query.name.cString
    guard name.count > 2, name[0] == UInt8(ascii: "_"), name[1] == UInt8(ascii: "Z") else { return false }
    var reason: UnsafePointer<CChar>?
    return library_symbol(handle, name) == 0 && library_open(nil, &reason) == handle
      && library_open(cConstant("libstdc++.so.6"), &reason) != 0
  }

  /// The answer to a query. As in LLVM's executor a missing symbol is nil if it was required, and else at address 0.
  static func resolve(_ query: SymbolQuery, in handle: UInt64) -> SymbolDefinition? {
    let address = query.name.utf8.isEmpty ? 0 : library_symbol(handle, query.name.cString)
    return address == 0 && query.isRequired
      ? nil : SymbolDefinition(address: address, flags: SymbolDefinition.exported)
  }
}
