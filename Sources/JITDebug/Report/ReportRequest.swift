// `jitdebug report`: finding out what the report is about, and collecting all that is known of it.

import Glibc
import SystemPackage

package struct ReportRequest: Sendable {
  package var session: String?
  package var pid: Int32?
  package var core: String?
  package var lookup: SourceLookup
  /// This program's own version.
  package var version: String

  package init(session: String?, pid: Int32?, core: String?, lookup: SourceLookup, version: String) {
    self.session = session
    self.pid = pid
    self.core = core
    self.lookup = lookup
    self.version = version
  }

  /// Everything, or the reason why there is nothing to report on. What cannot be found out is among the content's problems.
  package func collect() throws(JITDebugError) -> ReportMaterial {
    var material = try start()
    material.lookup = lookup
    if let process = material.process { material.inspect(process, lookup) }
    if let session = material.session { material.describe(session, lookup) }
    material.examine(lookup)
    material.content.tools = ToolVersion.all(own: version)
    return material
  }

  private func start() throws(JITDebugError) -> ReportMaterial {
    if pid != nil || core != nil {
      let (process, session) = try InspectionRequest(pid: pid, session: session, core: core).open()
      let name = pid.map { "\($0)" } ?? "core"
      return ReportMaterial(
        name: session?.id ?? name, content: ReportContent(subject: process.subject), session: session, process: process)
    }
    let found = try chosenSession()
    var material = ReportMaterial(
      name: found.id, content: ReportContent(subject: "session \(found.id)"), session: found, process: nil)
    guard found.goesOn, found.isLoaded else { return material }
    do throws(JITDebugError) {
      material.process = try InspectionRequest(session: found.id).open().memory
    } catch {
      material.content.problems.append(error)
    }
    return material
  }

  /// The one that was named; else the only running one; else the last one: reports are about what went wrong.
  private func chosenSession() throws(JITDebugError) -> Session {
    let store = try SessionStore()
    if let session { return try store.session(session) }
    let all = try store.sessions().sessions
    if let last = all.last, !all.states.contains(where: { $0.status.goesOn }) { return last }
    return try store.onlyRunningSession()
  }
}

/// What a report is made of.
package struct ReportMaterial {
  /// Short, fit for a file name.
  package var name: String
  package var content: ReportContent
  package var session: Session?
  /// Where the user has sources looked for.
  var lookup = SourceLookup()
  var process: (any ProcessMemory)?
  /// Nil if there is no process.
  var inspection: Result<Inspection, JITDebugError>?
  var generatedScripts: [(name: String, text: String)] = []
}

extension ReportMaterial {
  /// Of how many entries all functions are read.
  private static let imageLimit = 50
  /// Of how many entries the place is shown in the memory map.
  private static let markLimit = 1000

  mutating func inspect(_ process: any ProcessMemory, _ lookup: SourceLookup) {
    content.mappings = process.mappings
    do throws(JITDebugError) {
      var options = Inspection.Options()
      options.sources = lookup
      let inspection = try Inspection(process, session: session, options)
      self.inspection = .success(inspection)
      content.inspection = InspectionReport(inspection, isDeep: false)
      content.sources = inspection.sources
      content.images = inspection.entries.prefix(Self.markLimit).compactMap { entry in
        let object = entry.index < Self.imageLimit ? EntryObject(entry.entry, process) : entry.object
        let generation = entry.generation.map { ", generation \($0)" } ?? ""
        return ReportImage("entry \(entry.index)\(generation)", sections: object.loaded, functions: object.functions)?
          .named(by: inspection.names)
      }
      let requests = session?.description.libraries ?? []
      content.modules = inspection.modules.modules.map { module in
        ReportContent.Module(
          path: module.path, buildID: module.buildID.map(BuildID.hex),
          range: TargetRange(from: module.mappings[0].range.start, to: module.mappings.last!.range.end),
          isProgram: module.isProgram, isDeleted: module.isDeleted,
          request: requests.first { $0.path == module.path }?.request)
      }
    } catch {
      inspection = .failure(error)
      content.problems.append(error)
    }
    if session == nil, let live = process as? LiveProcess { writeScripts(live, lookup) }
  }

  /// The scripts by which a debugger attaches, for a process of no session.
  private mutating func writeScripts(_ live: LiveProcess, _ lookup: SourceLookup) {
    do throws(JITDebugError) {
      var target = try DebugTarget(foreign: live.pid)
      if case .success(let inspection) = inspection { _ = target.takeSources(of: inspection, lookup) }
      for format in [ScriptFormat.lldb, .gdb] {
        let name = "attach.\(format.rawValue)"
        generatedScripts.append((name, try GeneratedScript.text(format, target, path: name) { _ in }))
      }
    } catch {
      content.problems.append(error)
    }
  }

  /// Of what does not run any more, the machine's own state is left to look at.
  mutating func examine(_ lookup: SourceLookup) {
    var doctor = DoctorRequest()
    doctor.sources = lookup
    do throws(JITDebugError) {
      content.checkup =
        if let process, let inspection {
          try doctor.checkup(of: process, session, inspection)
        } else { try doctor.checkup() }
    } catch {
      content.problems.append(error)
    }
  }

  mutating func describe(_ session: Session, _ lookup: SourceLookup) {
    let description = session.description
    content.session = description
    content.state = session.stateText
    content.timeLine = description.timeLine ?? []
    do throws(JITDebugError) {
      content.crash = try CrashReport.kept(in: session)
    } catch {
      content.problems.append(error)
    }
    if content.sources == nil {
      let map = SourceMap(session, lookup)
      content.sources = map
      content.problems += map.problems
    }
    // Entries in memory say the same, and more.
    if content.images.isEmpty {
      let names = SymbolNames()
      content.images = description.generations.enumerated().compactMap { index, generation in
        ReportImage(generation, number: index + 1)?.named(by: names)
      }
    }
  }
}

extension Session {
  /// How it is or how it ended, in a few words.
  var stateText: String {
    let state = state
    switch state.status {
    case .running: return isLoaded ? "running" : "being compiled and linked"
    case .detached:
      return state.isAnswering ? "running, without jitdebug" : "not known: its executor does not answer"
    case .abandoned: return "abandoned: jitdebug itself was killed while it ran"
    case .ended: break
    }
    guard let end = description.end else { return "ended" }
    switch end.kind {
    case .exited: return "exited with status \(end.value ?? 0)"
    case .signaled:
      let number = end.value ?? 0
      return "killed by signal \(number) (\(String(cString: strsignal(number))))"
        + (end.message.map { ": \($0)" } ?? "")
    case .failed: return "failed: \(end.message ?? "for an unknown reason")"
    }
  }
}
