// The executor's main function.
import Executor

/// The C entry point: everything is up to `Executor.run`.
@_cdecl("main")
func main(argc: Int32, argv: UnsafePointer<UnsafePointer<CChar>?>) -> Int32 {
  Executor.run(argc > 0 ? argv + 1 : argv)
}
