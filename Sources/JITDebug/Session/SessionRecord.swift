import Glibc
package final class SessionRecord {
  let folder: String
  init(_ options: SessionOptions) throws(JITDebugError) {
    folder = "/tmp/jd-session-\(getpid())"
    mkdir(folder, 0o700)
  }
  func makeObjectFolder() throws(JITDebugError) -> String { folder }
  func removeObjectFolder() {}
  func publish(_ image: DebugImage, _ linked: LinkedImage) throws(JITDebugError) {
    let hex = image.buildID.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    mkdir(folder + "/.build-id", 0o700)
    mkdir(folder + "/.build-id/" + hex[0], 0o700)
    let fd = open(folder + "/.build-id/" + hex[0] + "/" + hex[1...].joined() + ".debug", O_WRONLY | O_CREAT, 0o600)
    _ = image.debugFile.withUnsafeBytes { writeAll($0, to: fd) }
    close(fd)
  }
  func loaded(_ program: LoadedProgram, pid: UInt64?, triple: String, statistics: SessionStatistics) throws(JITDebugError) {}
  func ended(status: Int32?) {}
}
extension LiveSession {
  package var waitingMessage: String { "waiting for a debugger, pid \(pid ?? 0)" }
}
