// Inputs that cannot be run: each is refused with one line that names the file, and nothing stays behind.

import Foundation
import TestSupport
import Testing

private let goodProgram = "int main(void) { return 0; }\n"

@Suite("Errors of inputs")
struct InputErrorTests {
  @Test("no input, a missing file, a directory, an unknown ending")
  func files() throws {
    let run = try RunFolder()
    try run.run().expectError("no input files", note: "--help", status: 64)
    try run.run("absent.c").expectError("absent.c: ", "no such file")
    try run.run(".").expectError(".: ", "is a directory")
    try run.write("text.txt", "hello")
    try run.run("text.txt").expectError("text.txt: ", "neither", note: ".cpp")
    try run.write("unreadable.o", "")
    try run.run("unreadable.o").expectError("unreadable.o: ")
  }
}
