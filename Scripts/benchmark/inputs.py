"""What is measured with: programs of all sizes, compiled once, and the peers."""

import gzip
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / ".build" / "bench"
JITDEBUG = ROOT / ".build" / "release" / "jitdebug"
EXECUTOR = ROOT / ".build" / "executors" / "x86_64-unknown-linux-gnu" / "jitdebug-executor"
LLVM = pathlib.Path("/usr/lib/llvm-22/bin")
JITLINK = LLVM / "llvm-jitlink"
JITLINK_EXECUTOR = LLVM / "llvm-jitlink-executor"
CLANG = "clang-22"
EXAMPLE = "/usr/share/doc/llvm-22-examples/examples/OrcV2Examples/LLJITWithRemoteDebugging"
REMOTE_DEBUGGING = WORK / "LLJITWithRemoteDebugging"

# Nothing of the user's settings, and no server to ask for debug info unless a measurement is about that; nor is anything
# taken from an earlier compilation.
ENVIRONMENT = dict(
    os.environ, XDG_STATE_HOME=str(WORK / "state"), XDG_CACHE_HOME=str(WORK / "cache"), DEBUGINFOD_URLS="",
    JITDEBUG_NO_CACHE="1")


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def write_if_new(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def compile_stale(sources, flags, suffix=".o"):
    stale = []
    for source in sources:
        result = WORK / f"{source.stem}{suffix}"
        if not result.exists() or result.stat().st_mtime < source.stat().st_mtime:
            stale.append(str(source))
    if stale:
        say(f"compiling {len(stale)} files")
        subprocess.run([CLANG, "-c", "-g", "-O0", *flags, *stale], cwd=WORK, check=True, timeout=1200)


class Inputs:
    """Small programs, made here; Mongoose and SQLite are fetched when first asked for."""

    def __init__(self):
        WORK.mkdir(parents=True, exist_ok=True)
        write_if_new(WORK / "hello.c", '#include <stdio.h>\nint main(void) {\n  puts("hello");\n  return 0;\n}\n')
        compile_stale([WORK / "hello.c"], [])

    @property
    def hello(self):
        return ["hello.o"]

    def objects(self, count):
        """`count` objects: a main, and functions in files of their own that it calls one after another."""
        functions = [f"f{i:04}" for i in range(count - 1)]
        for i, name in enumerate(functions):
            write_if_new(
                WORK / f"{name}.c",
                f"static int calls;\n\nint {name}(int x) {{\n  int y = x + {i};\n  calls++;\n  return y;\n}}\n")
        lines = ["#include <stdio.h>"] + [f"int {name}(int);" for name in functions]
        lines[0] += "\n#include <unistd.h>"
        # (Not main: the executor has one of its own.)
        lines += ["int whole(int x) {", "  return x;", "}"]
        lines += ["int main(int argc, char **argv) {", "  int sum = 0;", "  (void)argv;"]
        lines += ['  if (argc > 1) puts("waiting"), fflush(stdout), pause();'] + [f"  sum = {name}(sum) % 10007;" for name in functions]
        lines += ['  printf("sum %d\\n", whole(sum));', "  fflush(stdout);", "  return 0;", "}", ""]
        write_if_new(WORK / f"main{count}.c", "\n".join(lines))
        compile_stale([WORK / f"main{count}.c"] + [WORK / f"{name}.c" for name in functions], [])
        return [f"main{count}.o"] + [f"{name}.o" for name in functions]

    @property
    def server(self):
        self.fetch_mongoose()
        compile_stale([ROOT / "Scripts/fileserver/server.c", self.mongoose / "mongoose.c"], [f"-I{self.mongoose}"])
        return ["server.o", "mongoose.o"]

    @property
    def mongoose(self):
        return ROOT / ".build" / "mongoose"

    def fetch_mongoose(self):
        if not (self.mongoose / "mongoose.c").exists():
            subprocess.run([ROOT / "Scripts/fetch-mongoose"], check=True, stdout=sys.stderr)

    @property
    def sqlite(self):
        """The folder with sqlite3.c and shell.c."""
        subprocess.run([ROOT / "Scripts/fetch-sqlite"], check=True, stdout=sys.stderr)
        return ROOT / ".build" / "sqlite"


def build_remote_debugging():
    """LLVM's own example of remote debugging; the system that people use today."""
    if REMOTE_DEBUGGING.exists():
        return
    say("building LLJITWithRemoteDebugging")
    folder = WORK / "peer"
    (folder / "source").mkdir(parents=True, exist_ok=True)
    shutil.copy(pathlib.Path(EXAMPLE).parent / "ExampleModules.h", folder)
    for packed in pathlib.Path(EXAMPLE).glob("*.gz"):
        (folder / "source" / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    for header in pathlib.Path(EXAMPLE).glob("*.h"):
        shutil.copy(header, folder / "source")
    flags = subprocess.run(
        ["llvm-config-22", "--cxxflags"], check=True, capture_output=True, text=True, timeout=60).stdout.split()
    subprocess.run(
        ["clang++-22", *flags, "-fexceptions", "-O2", *sorted(map(str, (folder / "source").glob("*.cpp"))), "-o",
         REMOTE_DEBUGGING, "-L/usr/lib/llvm-22/lib", "-lLLVM-22"], check=True, timeout=600)
