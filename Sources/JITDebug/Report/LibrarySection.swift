// The program and the libraries in the process, or those that the session asked for where it has ended.

struct LibrarySection {
  private let content: ReportContent

  init(_ content: ReportContent) { self.content = content }

  /// Nil where none is known.
  var html: HTML? {
    if !content.modules.isEmpty {
      let rows = content.modules.map { module in
        HTML.cells(
          SourcePath.name(module.path), Self.role(module), "\(module.range.start)", module.buildID ?? "none",
          module.path)
      }
      return .table("Program and libraries", ["Name", "What", "Address", "Build-id", "Path"], rows)
    }
    guard let libraries = content.session?.libraries, !libraries.isEmpty else { return nil }
    return .table(
      "Libraries that were asked for", ["Asked for", "Loaded"], libraries.map { HTML.cells($0.request, $0.path) })
  }

  private static func role(_ module: ReportContent.Module) -> String {
    var words = [module.isProgram ? "program" : "library"]
    if let request = module.request { words.append("for --dlopen \(request)") }
    if module.isDeleted { words.append("file removed") }
    return words.joined(separator: ", ")
  }
}
