// The executor's main function.
import Executor

@_cdecl("main")
public func main(argc: Int32, argv: UnsafePointer<UnsafePointer<CChar>?>) -> Int32 {
  var arguments: [UnsafePointer<CChar>] = []
  for i in 1..<max(Int(argc), 1) {
    if let argument = argv[i] { arguments.append(argument) }
  }
  return Executor.run(arguments)
}
