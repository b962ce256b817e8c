// Registers debug objects, which lie in this process's memory, with debuggers.
import ExecutorSystem
import Wire

enum DebugRegistry {
  /// Without `notify` the object is listed but no debugger is told, as stock controllers may ask for.
  static func register(_ object: Range<UInt64>, notify: Bool = true) throws(ExecutorError) {
    let error = debug_interface_register(object.lowerBound, object.upperBound - object.lowerBound, notify)
    try check(error, "cannot register debug object at", at: object.lowerBound)
  }

  static func unregister(_ object: Range<UInt64>) throws(ExecutorError) {
    let error = debug_interface_unregister(object.lowerBound, object.upperBound - object.lowerBound)
    guard error == 0 else { throw ExecutorError(object, "is no registered debug object") }
  }

  static var count: Int { Int(debug_interface_count()) }
}
