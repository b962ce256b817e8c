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

  /// The answer to a query. As in LLVM's executor a missing symbol is nil if it was required, and else at address 0.
  static func resolve(_ query: SymbolQuery, in handle: UInt64) -> SymbolDefinition? {
    let address = query.name.utf8.isEmpty ? 0 : library_symbol(handle, query.name.cString)
    return address == 0 && query.isRequired
      ? nil : SymbolDefinition(address: address, flags: SymbolDefinition.exported)
  }
}
