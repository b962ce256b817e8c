import Testing
@testable import Wire
@Test func loads() {}
