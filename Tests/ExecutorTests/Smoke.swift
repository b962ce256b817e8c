import Testing
@testable import Executor
@Test func loads() {}
