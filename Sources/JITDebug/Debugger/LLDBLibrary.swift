// The library with all that needs LLDB: opened by the commands that do, when they do.

import Glibc

enum LLDBLibrary {
  /// The address of one of its functions. It stays open: liblldb cannot be unloaded.
  static func function(_ name: String, in folder: String = ExecutorBinary.ownFolder()) throws(JITDebugError)
    -> UnsafeMutableRawPointer
  {
    let path = "\(folder)/libLLDBBridge.so"
    guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      let reason = String(cString: dlerror())
      if access(path, R_OK) != 0 {
        throw JITDebugError(
          .debugger, path, "jitdebug's LLDB library is missing", remedy: "build it with Scripts/build")
      }
      throw JITDebugError(
        .debugger, "LLDB", "cannot be loaded: \(reason)",
        remedy: "install liblldb 22 with Scripts/setup, or use --debugger gdb")
    }
    guard let symbol = dlsym(library, name) else {
      throw JITDebugError(
        .debugger, path, "is of another version of jitdebug", remedy: "build both together with Scripts/build")
    }
    return symbol
  }
}
