// A client of the Debug Adapter Protocol, as an editor is one: requests, responses and events over a debug adapter's pipes.

import Foundation
import Testing

package final class AdapterClient {
  package typealias Message = [String: Any]

  private let process: BackgroundProcess
  private var sequence = 0
  private var consumed = 0
  /// Everything the adapter said, in order.
  package private(set) var messages: [Message] = []

  package init(_ command: [String], environment: [String: String] = baseEnvironment) throws {
    process = try BackgroundProcess(command, environment: environment)
  }

  /// Sends a request and returns the number by which its response names it.
  @discardableResult
  package func send(_ command: String, _ arguments: Message = [:]) throws -> Int {
    sequence += 1
    let body = try JSONSerialization.data(
      withJSONObject: ["seq": sequence, "type": "request", "command": command, "arguments": arguments])
    process.send("Content-Length: \(body.count)\r\n\r\n" + String(decoding: body, as: UTF8.self))
    return sequence
  }

  /// The body of a successful response.
  package func response(to request: Int, sourceLocation: SourceLocation = #_sourceLocation) throws -> Message {
    let message = try wait(for: "response \(request)", sourceLocation: sourceLocation) {
      $0["type"] as? String == "response" && $0["request_seq"] as? Int == request
    }
    #expect(message["success"] as? Bool == true, "\(message)", sourceLocation: sourceLocation)
    return message["body"] as? Message ?? [:]
  }

  package func request(
    _ command: String, _ arguments: Message = [:], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Message {
    try response(to: try send(command, arguments), sourceLocation: sourceLocation)
  }

  /// The body of the first event of this name that the condition holds for, past or to come.
  package func event(
    _ name: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: (Message) -> Bool = { _ in true }
  ) throws -> Message {
    let message = try wait(for: "event \(name)", sourceLocation: sourceLocation) {
      $0["type"] as? String == "event" && $0["event"] as? String == name && condition($0["body"] as? Message ?? [:])
    }
    return message["body"] as? Message ?? [:]
  }

  /// What the adapter printed to the editor's console so far.
  package var console: String {
    messages.filter { $0["event"] as? String == "output" }.compactMap { ($0["body"] as? Message)?["output"] as? String }
      .joined()
  }

  private func wait(for what: String, sourceLocation: SourceLocation, _ condition: (Message) -> Bool) throws -> Message
  {
    var found: Message?
    try process.wait(for: what, sourceLocation: sourceLocation) { _ in
      try parse()
      found = messages.first(where: condition)
      return found != nil
    }
    return try #require(found, sourceLocation: sourceLocation)
  }

  /// Takes whole messages out of what has come: a header, an empty line, and as many bytes as the header says.
  private func parse() throws {
    let bytes = Data(process.output.utf8)
    while true {
      let rest = bytes.dropFirst(consumed)
      guard let header = rest.range(of: Data("\r\n\r\n".utf8)) else { return }
      let text = String(decoding: rest[..<header.lowerBound], as: UTF8.self)
      let length = try #require(text.firstMatch(of: #/Content-Length: (\d+)/#).flatMap { Int($0.1) })
      guard rest.endIndex - header.upperBound >= length else { return }
      let body = bytes[header.upperBound..<header.upperBound + length]
      messages.append(try #require(try JSONSerialization.jsonObject(with: body) as? Message))
      consumed = header.upperBound + length
    }
  }
}
