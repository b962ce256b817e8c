// A headless Chromium, driven by the DevTools protocol over its pipe: what a page is and does is asked in the page itself.

import Foundation
import Testing

package final class Browser {
  package typealias Message = [String: Any]

  private let process: BackgroundProcess
  private let profile: TemporaryFolder
  private var sequence = 0
  private var consumed = 0
  private var session: String?
  /// Everything the browser said, in order.
  private var messages: [Message] = []

  /// Starts the browser with one empty page.
  package init() throws {
    profile = try TemporaryFolder()
    // Descriptor 3 is where the browser reads requests, 4 where it writes answers. As root it needs --no-sandbox.
    let command =
      "exec chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run "
      + "--disable-background-networking --disable-component-update --disable-extensions --disable-sync "
      + "--hide-scrollbars --remote-debugging-pipe --user-data-dir=\"$1\" 3<&0 4>&1 </dev/null >&2"
    var environment = baseEnvironment
    environment["HOME"] = profile.path
    process = try BackgroundProcess(["sh", "-c", command, "sh", profile.file("profile")], environment: environment)
    let target = try request("Target.createTarget", ["url": "about:blank"])
    let attached = try request("Target.attachToTarget", ["targetId": target["targetId"] as Any, "flatten": true])
    session = try #require(attached["sessionId"] as? String)
    for domain in ["Page", "Runtime", "Log", "Network"] { _ = try request("\(domain).enable") }
    _ = try request("Page.setLifecycleEventsEnabled", ["enabled": true])
  }

  /// Ends the browser; its processes are gone when this returns.
  package func close() throws {
    session = nil
    _ = try request("Browser.close")
    _ = try process.finish(within: 60)
  }

  /// Opens a file in a window of this size, and returns when it is loaded.
  package func open(_ path: String, width: Int, height: Int, isDark: Bool = false) throws {
    let scheme = ["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]
    _ = try request("Emulation.setEmulatedMedia", ["features": [scheme]])
    _ = try request(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600])
    messages.removeAll()
    let answer = try request("Page.navigate", ["url": URL(filePath: path).absoluteString])
    #expect(answer["errorText"] == nil, "\(path): \(answer)")
    let loader = answer["loaderId"] as? String
    // The empty page's own event may come late.
    _ = try wait(for: "loaded page") { message in
      let event = message["params"] as? Message
      return message["method"] as? String == "Page.lifecycleEvent" && event?["name"] as? String == "load"
        && event?["loaderId"] as? String == loader
    }
  }

  /// The value of a JavaScript expression in the page, as JSON can express it.
  package func evaluate(_ expression: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> Any? {
    let answer = try request("Runtime.evaluate", ["expression": expression, "returnByValue": true])
    #expect(answer["exceptionDetails"] == nil, "\(answer)", sourceLocation: sourceLocation)
    return (answer["result"] as? Message)?["value"]
  }

  package func text(_ expression: String) throws -> String { try #require(try evaluate(expression) as? String) }
  package func number(_ expression: String) throws -> Int { try #require(try evaluate(expression) as? Int) }
  package func isTrue(_ expression: String) throws -> Bool {
    guard let value = try evaluate(expression) as? Bool else {
      throw CommandFailure(description: "neither true nor false: \(expression)")
    }
    return value
  }

  /// What the page wrote to the console, and what went wrong in it, since it was opened.
  package var complaints: [String] {
    messages.compactMap { message in
      switch message["method"] as? String {
      case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded": "\(message["params"] ?? "")"
      default: nil
      }
    }
  }

  /// Everything that was loaded since the page was opened, itself included.
  package var requests: [String] {
    messages.compactMap { message in
      guard message["method"] as? String == "Network.requestWillBeSent" else { return nil }
      return ((message["params"] as? Message)?["request"] as? Message)?["url"] as? String
    }
  }

  /// Keeps a picture of the whole page below .build/artefacts, for people.
  package func keepScreenshot(_ name: String) throws {
    let size = try #require(try evaluate("[innerWidth, document.documentElement.scrollHeight]") as? [Int])
    let clip = ["x": 0, "y": 0, "width": size[0], "height": min(size[1], 16_000), "scale": 1]
    let answer = try request("Page.captureScreenshot", ["clip": clip, "captureBeyondViewport": true])
    let data = try #require((answer["data"] as? String).flatMap { Data(base64Encoded: $0) })
    let folder = URL(filePath: "\(Workspace.root)/.build/artefacts")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try data.write(to: folder.appending(path: "\(name).png"))
  }

  // MARK: Protocol

  private func request(_ method: String, _ parameters: Message = [:]) throws -> Message {
    sequence += 1
    var message: Message = ["id": sequence, "method": method, "params": parameters]
    if let session { message["sessionId"] = session }
    process.send(String(decoding: try JSONSerialization.data(withJSONObject: message), as: UTF8.self) + "\0")
    let number = sequence
    let answer = try wait(for: "answer to \(method)") { $0["id"] as? Int == number }
    return try #require(answer["result"] as? Message, "\(method): \(answer)")
  }

  private func wait(for what: String, _ condition: (Message) -> Bool) throws -> Message {
    var found: Message?
    try process.wait(for: what, within: 120) { process in
      try parse(process.outputBytes)
      found = messages.first(where: condition)
      return found != nil
    }
    return try #require(found)
  }

  /// Each message ends with a zero byte.
  private func parse(_ bytes: Data) throws {
    while let end = bytes.dropFirst(consumed).firstIndex(of: 0) {
      let message = try JSONSerialization.jsonObject(with: bytes[bytes.startIndex + consumed..<end])
      messages.append(try #require(message as? Message))
      consumed = end - bytes.startIndex + 1
    }
  }
}
