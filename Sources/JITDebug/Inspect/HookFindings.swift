// What is wrong with the hooks of a process, each and together.

enum HookFindings {
  static func find(_ hooks: JITHooks, _ lists: [(hook: Int, list: JITEntries)]) -> [Finding] {
    var found: [Finding] = []
    for hook in hooks.all {
      if !hook.isComplete {
        let (there, absent) =
          hook.function == nil
          ? (JITHooks.descriptorName, JITHooks.functionName) : (JITHooks.functionName, JITHooks.descriptorName)
        found.append(Finding(.hookIncomplete, subject: hook.module.name, "it defines \(there), but not \(absent)"))
      }
      if (hook.function ?? hook.descriptor)?.table == .debugFile {
        found.append(
          Finding(.hookHidden, subject: hook.module.name, "\(hook.module.path) has the symbols in neither table"))
      }
    }
    let complete = hooks.all.filter(\.isComplete)
    if complete.isEmpty {
      found.append(
        Finding(
          .hookMissing, subject: "process",
          "no module defines both \(JITHooks.functionName) and \(JITHooks.descriptorName)"))
    }
    if complete.count > 1 {
      found.append(
        Finding(
          .hookSeveral, subject: "process",
          "\(complete.count) modules define it: \(EntryObject.list(complete.map(\.module.name)))"))
    }
    for (index, list) in lists where index != hooks.lldbDescriptor || index != hooks.lldbFunction {
      guard !list.entries.isEmpty else { continue }
      let taken = hooks.lldbFunction.map { hooks.all[$0].module.name } ?? "none"
      found.append(
        Finding(
          .hookUnwatched, subject: hooks.all[index].module.name,
          "\(list.entries.count) entries are registered there, while LLDB goes by \(taken)"))
    }
    return found
  }
}
