// Where this machine keeps a target's headers and static libraries: a folder the user names, one of a profile's, or what Debian's
// packages for cross-compiling install.

import Glibc

/// The target's files for compiling, as far as they are here.
package struct Sysroot: Sendable, Equatable {
  /// For every clang that compiles, or is asked about files.
  package var arguments: [String] = []
  /// Whether nothing here has the target's C headers. Programs that need none compile all the same.
  package var isMissing = false

  /// - Parameters:
  ///   - folder: what `--sysroot` names.
  ///   - profiles: names or files of profiles; the first that fits the target and has its folder here counts.
  package init(_ target: Triple, folder: String? = nil, profiles: [String] = []) throws(JITDebugError) {
    if let folder {
      guard Self.isFolder(folder) else {
        throw JITDebugError(
          .usage, "--sysroot \(folder)", "there is no such folder", remedy: "name one with the target's usr/include")
      }
      arguments = Self.arguments(folder, target)
      return
    }
    // Mistakes in profiles are told of when sources are looked for.
    for profile in SourceProfile.load(profiles).profiles {
      guard profile.triple.map({ Triple($0).fits(target) }) ?? true,
        let folder = profile.sysroot.flatMap({ ProfileVariables.expanded($0, profile) }), Self.hasHeaders(folder)
      else { continue }
      arguments = Self.arguments(folder, target)
      return
    }
    if Self.isFoundByClang(target) { return }
    // Debian's musl-dev shares the host's folders with the GNU C library.
    let shared = "/usr/include/\(target.multiarch)"
    if target.isMusl, Self.isFile("\(shared)/stdio.h") {
      arguments = ["-nostdlibinc", "-isystem", shared]
      return
    }
    let cross = "/usr/\(target.multiarch)"
    if Self.hasHeaders(cross) {
      arguments = Self.arguments(cross, target)
      return
    }
    // This machine's own headers, which clang would fall back on, describe another machine.
    arguments = ["-nostdlibinc"]
    isMissing = true
  }

  /// What to say instead of the first header that is not found.
  package static func missing(_ source: String, _ target: Triple) -> JITDebugError {
    let packages = ["aarch64": "arm64", "riscv64": "riscv64", "x86_64": "amd64"][target.architecture].map {
      "install libc6-dev-\($0)-cross and libgcc-12-dev-\($0)-cross, or "
    }
    return JITDebugError(
      .input, source, "does not compile: this machine has no headers for \(target)",
      remedy: (target.isMusl ? "" : packages ?? "") + "name a folder with the target's usr/include with --sysroot")
  }

  /// Debian's folder for cross-compiling is no sysroot in clang's sense: clang finds it, and the C++ headers in it, by itself.
  private static func arguments(_ folder: String, _ target: Triple) -> [String] {
    var path = folder[...]
    while path.count > 1, path.last == "/" { path.removeLast() }
    return path == "/usr/\(target.multiarch)" && isFoundByClang(target) ? [] : ["--sysroot=\(path)"]
  }

  /// Whether clang needs no help: the target is like this machine, or Debian's packages for it are here.
  private static func isFoundByClang(_ target: Triple) -> Bool {
    guard !target.isMusl else { return false }
    if target.architecture == hostArchitecture { return true }
    let name = target.multiarch
    return isFile("/usr/include/\(name)/sys/cdefs.h")
      || isFile("/usr/\(name)/include/stdio.h") && isFolder("/usr/lib/gcc-cross/\(name)")
  }

  private static var hostArchitecture: String {
    var names = utsname()
    guard uname(&names) == 0 else { return "" }
    return withUnsafeBytes(of: names.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private static func hasHeaders(_ folder: String) -> Bool {
    isFile("\(folder)/usr/include/stdio.h") || isFile("\(folder)/include/stdio.h")
  }

  private static func isFile(_ path: String) -> Bool { access(path, R_OK) == 0 }

  private static func isFolder(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
  }
}
