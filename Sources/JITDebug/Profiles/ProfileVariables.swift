// The variables in a profile's texts, and what a profile comes to when they are replaced.

import Glibc

enum ProfileVariables {
  /// What is wrong with the variables in a field's text; nil if nothing is.
  static func problem(_ text: String, _ field: String, hasSysroot: Bool) -> String? {
    for name in names(text) {
      switch name {
      case "HOME", "profile": break
      case "sysroot" where field == "sysroot": return "uses ${sysroot} for itself"
      case "sysroot" where !hasSysroot: return "uses ${sysroot}, but the profile has none"
      case "sysroot": break
      case "sourceRoot" where !field.hasSuffix(".to"): return "uses ${sourceRoot}, which only the to of a rule can"
      case "sourceRoot": break
      case _ where name.hasPrefix("env:") && name.count > 4: break
      case "": return "has a ${ without a name and }"
      default: return "uses the unknown variable ${\(name)}"
      }
    }
    return nil
  }

  /// A text with its variables replaced; nil if one has no value.
  static func expanded(_ text: String, _ profile: SourceProfile, sourceRoot: String? = nil) -> String? {
    var result = ""
    var rest = text[...]
    while let start = rest.firstRange(of: "${") {
      result += rest[..<start.lowerBound]
      rest = rest[start.upperBound...]
      guard let end = rest.firstIndex(of: "}"), let value = value(String(rest[..<end]), profile, sourceRoot) else {
        return nil
      }
      result += value
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }

  private static func value(_ name: String, _ profile: SourceProfile, _ sourceRoot: String?) -> String? {
    switch name {
    case "HOME": variable("HOME")
    case "profile": SourcePath.folder(profile.path)
    case "sysroot": profile.sysroot.flatMap { $0.contains("${sysroot}") ? nil : expanded($0, profile) }
    case "sourceRoot": sourceRoot
    case _ where name.hasPrefix("env:"): variable(String(name.dropFirst(4)))
    default: nil
    }
  }

  private static func variable(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }

  /// The variables of a text; an empty name for one that does not end.
  private static func names(_ text: String) -> [String] {
    text.split(separator: "${", omittingEmptySubsequences: false).dropFirst().map { part in
      part.firstIndex(of: "}").map { String(part[..<$0]) } ?? ""
    }
  }
}

extension SourcePlaces {
  /// Adds what a profile says, as far as its variables have values: a variable of the environment that is not set takes
  /// its rule away. Returns what a user's own profile names in vain.
  mutating func add(_ profile: SourceProfile) -> [JITDebugError] {
    var problems: [JITDebugError] = []
    for rule in profile.rules {
      guard let from = ProfileVariables.expanded(rule.from, profile) else { continue }
      for root in rule.to.contains("${sourceRoot}") ? roots : [""] {
        guard let to = ProfileVariables.expanded(rule.to, profile, sourceRoot: root), to.hasPrefix("/") else {
          continue
        }
        rules.append(SourcePattern(from: from, to: to))
        if !profile.isShipped && access(to, F_OK) != 0 {
          problems.append(
            JITDebugError(.input, profile.path, "\(to) does not exist, so sources of \(from) are not looked for there"))
        }
      }
    }
    usualRoots += profile.sources.compactMap { ProfileVariables.expanded($0, profile) }
    return problems
  }
}
