import Testing
@testable import JITDebug
@Test func loads() {}
