"""Calls the function `twice` of a WebAssembly module in wasmtime, with debug info unless told not to: `wasm.py FILE [off]`."""

import sys
import time

import wasmtime

config = wasmtime.Config()
config.debug_info = len(sys.argv) == 2
config.cranelift_opt_level = "none"
engine = wasmtime.Engine(config)
store = wasmtime.Store(engine)
instance = wasmtime.Instance(store, wasmtime.Module.from_file(engine, sys.argv[1]), [])
twice = instance.exports(store)["twice"]
print("ready", flush=True)
n = 0
while True:
    twice(store, n)
    n += 1
    time.sleep(0.05)
