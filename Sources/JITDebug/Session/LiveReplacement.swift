// A session whose program takes over changed functions while it runs, at the calls of its reload point.

extension LiveSession {
  /// A program of these inputs runs; what changes in them is to be replaced in it.
  func expectReplacements(_ link: ProgramLink, of inputs: ProgramInputs) {
    linked = inputs
    replacement = link.replaceable.map { program in
      Replacement(
        link, in: program,
        Replacement.Actions(
          parse: { [unowned self] (numbers) throws(JITDebugError) in
            takingOver = replacing.take()?.after(takingOver) ?? takingOver
            return try parse(linked, numbers)
          },
          publish: { [record] (image) throws(JITDebugError) in _ = try record.publish(image) },
          loaded: { [record, options] (generation) throws(JITDebugError) in
            try record.replaced(by: generation, mode: options.debugInfo)
          },
          tell: { [unowned self] event in tell(event) }))
    }
  }

  /// What is to be linked of the inputs, all of them unless numbers are given, but for the archives.
  func parse(_ inputs: ProgramInputs, _ numbers: Set<Int>? = nil) throws(JITDebugError) -> (
    objects: [ObjectFile], archives: [ArchiveFile]
  ) {
    // Of objects that were compiled elsewhere nobody knows whether they are optimised.
    let isRedirected = options.reloadPoint != nil && !options.compiler.isOptimizing
    var (objects, archives) = try inputs.parse(
      architecture, numbers, redirectsLocalCalls: { isRedirected && $0.isCompiled })
    archives += try options.archives.open(compiler)
    return (objects, archives)
  }

  /// Has the running program take over what has changed.
  func replace() throws(JITDebugError) {
    guard let program = options.watch?.program, let news = reload!.news.take() else { return }
    let changed = program.changes(since: linked)
    linked = program
    for number in changed where program.inputs[number].kind == .archive {
      options.warn(
        JITDebugError(
          .input, program.inputs[number].path, "what the program has of this archive stays as it is",
          remedy: "start the program again"))
    }
    replacing = news.after(replacing)
    try replacement!.replace(changed.filter { program.inputs[$0].kind != .archive })
  }

  private func tell(_ event: ReplacementEvent) {
    let point = options.reloadPoint ?? ""
    switch event {
    case .waiting: options.announce("waiting for the program to call \(point)")
    case .held:
      options.announce("the program is held by a debugger, it seems: it takes over what changed when it goes on")
    case .refused(let error):
      options.warn(error)
      guard let news = takingOver.take() else { return }
      options.watch?.applied(except: replacing ?? news, failure: replacing == nil ? error : nil)
      options.announce("\(news.text), but cannot become part of the program, which goes on as it was")
    case .applied(let report):
      guard let news = takingOver.take(), let program = replacement?.program else { return }
      reload!.generations += 1
      options.watch?.applied(except: replacing)
      options.announce(
        "\(news.text), \(report.summary) after \((Deadline.now - news.noticed) / 1_000_000) ms; "
          + "\(program.generations - 1) old generation\(program.generations == 2 ? "" : "s"), "
          + "\(program.oldBytes / 1024) KB, stay\(program.generations == 2 ? "s" : "") mapped")
      report.warnings.forEach(options.warn)
    }
  }
}

extension ProgramInputs {
  /// The numbers of the inputs with other bytes.
  func changes(since old: ProgramInputs) -> Set<Int> {
    Set(inputs.indices.filter { !(contents[$0]?.hasSameBytes(as: old.contents[$0]) ?? true) })
  }
}
