// A profile's rule: a prefix rule in which a component may be anything.

/// Replaces a leading part of recorded paths, of which `*` stands for any one component.
struct SourcePattern: Hashable, Sendable {
  var from: String
  var to: String

  /// The normalised outcome; nil if the path does not begin with the pattern.
  func apply(to path: String) -> String? {
    if !from.contains("*") { return SourceRule(from: from, to: to).apply(to: path).map(SourcePath.normalized) }
    guard from.hasPrefix("/") == path.hasPrefix("/") else { return nil }
    let (pattern, parts) = (SourcePath.components(from), SourcePath.components(path))
    guard parts.count > pattern.count, zip(pattern, parts).allSatisfy({ $0 == "*" || $0 == $1 }) else { return nil }
    return SourcePath.normalized(SourcePath.join(to, parts[pattern.count...].joined(separator: "/")))
  }
}
