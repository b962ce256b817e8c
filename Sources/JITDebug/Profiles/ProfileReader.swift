// Reads a profile's JSON field by field, so that each mistake is named and what is right still counts.

struct ProfileReader {
  let path: String
  private var hasSysroot = false
  private(set) var problems: [JITDebugError] = []

  init(path: String) { self.path = path }

  /// nil if nothing of it can be used; throws if it cannot be read.
  mutating func read() throws(JITDebugError) -> SourceProfile? {
    let bytes = try readFile(path)
    guard let value = JSONValue(parsing: bytes) else {
      report("", "is not valid JSON")
      return nil
    }
    guard case .object(let fields) = value else {
      report("", "is not a JSON object")
      return nil
    }
    guard case .number(let version)? = fields["schemaVersion"] else {
      report("schemaVersion", fields["schemaVersion"] == nil ? "is missing" : "is not a number")
      return nil
    }
    let known = SourceProfile.currentSchemaVersion
    guard version == Double(known) else {
      report("schemaVersion", "\(JSONValue.number(version).short) is not known; this program reads \(known)")
      return nil
    }
    for name in fields.keys.sorted() where !Self.names.contains(name) { report(name, "is not a field of profiles") }
    var profile = SourceProfile(name: text(fields, "name") ?? String(SourcePath.name(path).prefix { $0 != "." }))
    profile.summary = text(fields, "description")
    profile.triple = text(fields, "triple")
    profile.sysroot = text(fields, "sysroot")
    hasSysroot = profile.sysroot != nil
    profile.rules = list(fields, "rules").compactMap { rule($0.name, $0.value) }
    for (name, value) in list(fields, "sources") {
      if let folder = text([name: value], name) { profile.sources.append(folder) }
    }
    profile.path = path
    return profile
  }

  private static let names: Set = ["schemaVersion", "name", "description", "triple", "sysroot", "rules", "sources"]

  private mutating func rule(_ name: String, _ value: JSONValue) -> SourceProfile.Rule? {
    guard case .object(let fields) = value else {
      report(name, "is not an object with from and to")
      return nil
    }
    for field in fields.keys.sorted() where field != "from" && field != "to" {
      report("\(name).\(field)", "is not a field of rules")
    }
    guard let from = text(fields, "from", in: name, isRequired: true),
      let to = text(fields, "to", in: name, isRequired: true)
    else { return nil }
    return SourceProfile.Rule(from: from, to: to)
  }

  private mutating func list(_ fields: [String: JSONValue], _ name: String) -> [(name: String, value: JSONValue)] {
    switch fields[name] {
    case .array(let values)?: return values.enumerated().map { ("\(name)[\($0)]", $1) }
    case nil: return []
    default:
      report(name, "is not a list")
      return []
    }
  }

  private mutating func text(
    _ fields: [String: JSONValue], _ name: String, in parent: String = "", isRequired: Bool = false
  ) -> String? {
    let full = parent.isEmpty ? name : "\(parent).\(name)"
    switch fields[name] {
    case .string(let text)? where !text.isEmpty:
      guard let problem = ProfileVariables.problem(text, full, hasSysroot: hasSysroot) else { return text }
      report(full, problem)
    case .string?: report(full, "is empty")
    case nil: if isRequired { report(full, "is missing") }
    default: report(full, "is not a string")
    }
    return nil
  }

  private mutating func report(_ field: String, _ reason: String) {
    problems.append(JITDebugError(.input, path, field.isEmpty ? reason : "\(field) \(reason)"))
  }
}

extension JSONValue {
  /// A number as one would write it.
  fileprivate var short: String {
    guard case .number(let value) = self else { return "" }
    return value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
  }
}
