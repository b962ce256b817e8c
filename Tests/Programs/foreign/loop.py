"""Runs the function `main` of an LLVM IR file in a JIT of llvmlite: `loop.py mcjit|jitlink FILE`."""

import ctypes
import sys

import llvmlite.binding as llvm

llvm.initialize_native_target()
llvm.initialize_native_asmprinter()
with open(sys.argv[2]) as file:
    text = file.read()
machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
if sys.argv[1] == "mcjit":
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(text), machine)
    engine.enable_jit_events()
    engine.finalize_object()
    address = engine.get_function_address("main")
else:
    engine = llvm.create_lljit_compiler(machine, use_jit_link=True)
    library = llvm.JITLibraryBuilder().add_ir(text).export_symbol("main").add_current_process().link(engine, "loop")
    address = library["main"]
ctypes.CFUNCTYPE(ctypes.c_int)(address)()
