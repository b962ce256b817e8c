// For WebAssembly; see wasm.py.

__attribute__((export_name("twice"))) int twice(int n) {
  int result = n * 2;
  return result;  // @stop
}
