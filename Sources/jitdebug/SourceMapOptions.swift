// The options that say where sources are, of all commands that start debuggers.

import ArgumentParser
import JITDebug

struct SourceMapOptions: ParsableArguments {
  @Option(
    name: .customLong("source-root"), parsing: .singleValue,
    help: ArgumentHelp("Look for sources below a directory, for debuggers (repeatable).", valueName: "dir"),
    completion: .directory)
  var roots: [String] = []

  @Option(
    name: .customLong("profile"), parsing: .singleValue,
    help: ArgumentHelp(
      "Find sources by a source-map profile, a name or a JSON file (repeatable).", valueName: "profile"),
    completion: .file(extensions: ["json"]))
  var profiles: [String] = []

  /// As the library wants it.
  var lookup: SourceLookup { SourceLookup(given: roots, profiles: profiles) }
}
