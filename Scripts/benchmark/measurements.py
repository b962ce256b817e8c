"""What is measured: for each row a way to do it with jitdebug and ways to do it with LLVM's tools, on the same inputs.

Each way returns a figure, or (figure, breakpoints hit, breakpoints set), and raises Failure where it did not do what was asked.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import socket
import subprocess
import time
import typing

import debuggers
from debuggers import LINE_BUFFERED
from inputs import CLANG, ENVIRONMENT, EXECUTOR, JITDEBUG, JITLINK, JITLINK_EXECUTOR, REMOTE_DEBUGGING, ROOT, WORK, Inputs
from inputs import build_remote_debugging
from processes import LIMIT, Failure, Running, await_listener, descendants, free_port, http_get, peak_memory, status, whole_run
from wire import Proxy

SUM = r"^sum \d+"


@dataclasses.dataclass
class Measurement:
    name: str
    title: str
    unit: str
    ours: typing.Callable
    peers: dict
    runs: str = "short"  # which option says how often: short, long, or once where each run gives the same
    prepare: typing.Callable = lambda: None


def run(*command, expected, text=None, environment=ENVIRONMENT):
    return lambda: 1000 * whole_run(list(command), WORK, environment, expected, text)


def shell(script, expected):
    return run("sh", "-euc", script, expected=expected)


# ---- small programs


def small(inputs):
    stock = f"{JITLINK} -oop-executor={JITLINK_EXECUTOR}"
    runtime = next(iter(pathlib.Path("/usr/lib/llvm-22/lib/clang/22/lib").glob("**/liborc_rt*.a")), "")
    code = 'extern "C" int puts(const char *); extern "C" int fflush(void *);\nputs("hello"), fflush(0);\n%quit\n'

    def prepare_ir():
        build_remote_debugging()
        if not (WORK / "hello.ll").exists():
            subprocess.run([CLANG, "-g", "-O0", "-S", "-emit-llvm", "hello.c"], cwd=WORK, check=True, timeout=60)

    yield Measurement(
        "hello-object", "hello.o, whole run", "ms", run(JITDEBUG, "run", *inputs.hello, expected="^hello"),
        {"llvm-jitlink": run(*stock.split(), *inputs.hello, expected="^hello")})
    yield Measurement(
        "hello-ir", "hello.ll, whole run", "ms", run(JITDEBUG, "run", "hello.ll", expected="^hello"),
        {"LLJITWithRemoteDebugging": run(REMOTE_DEBUGGING, f"--executor={JITLINK_EXECUTOR}", "hello.ll", expected="^hello")},
        prepare=prepare_ir)
    both = shell(f"{CLANG} -g -O0 -c hello.c -o peer.o && {stock} peer.o", "^hello")
    yield Measurement(
        "hello-c", "hello.c, whole run", "ms", run(JITDEBUG, "run", "hello.c", expected="^hello"),
        {"clang, llvm-jitlink": both,
         "clang-repl": run("clang-repl-22", f"-oop-executor={JITLINK_EXECUTOR}", f"-orc-runtime={runtime}", "-Xcc", "-g",
                           expected="hello$", text=code)})
    again = run(JITDEBUG, "run", "hello.c", expected="^hello", environment=dict(ENVIRONMENT, JITDEBUG_NO_CACHE=""))
    yield Measurement(
        "hello-c-again", "hello.c, compiled before, whole run", "ms", again, {"clang, llvm-jitlink": both}, prepare=again)


# ---- real programs


def serve(port):
    """The server's arguments. What it serves is small: listing the thousands of files of the working folder takes longer than linking."""
    (WORK / "site").mkdir(exist_ok=True)
    (WORK / "site" / "index.html").write_text("<p>measured</p>\n")
    return ["-l", f"http://127.0.0.1:{port}", "-d", "site"]


def first_answer(command):
    """Until a server that is started answers its first request."""
    port = free_port()
    with Running([*command, *serve(port)], WORK, ENVIRONMENT) as running:
        if "200 OK" not in http_get(port, running):
            raise Failure("the server's first answer is not 200 OK")
        return 1000 * (time.monotonic() - running.started)


def edited_answer(command_of, tag):
    """Saves a source file with a new greeting; until the program that is then built and started gives it."""
    source = (ROOT / "Scripts/fileserver/server.c").read_text()
    greeting = f"edit {time.monotonic_ns()}"
    file = WORK / f"{tag}.c"
    port = free_port()
    file.write_text(source.replace("hello from Mongoose", greeting))
    with Running(command_of(file, port), WORK, ENVIRONMENT) as running:
        if greeting not in http_get(port, running):
            raise Failure("the answer is not the edited program's")
        return 1000 * (time.monotonic() - running.started)


def watched_answer(command_of):
    """The same under a program that runs already and is watched: from the second save on, until its successor answers.
    Nobody saves again within a second of seeing the program run."""
    source = (ROOT / "Scripts/fileserver/server.c").read_text()
    file = WORK / "watched.c"
    port = free_port()
    file.write_text(source)
    with Running(command_of(file, port), WORK, ENVIRONMENT) as running:
        http_get(port, running)
        for _ in range(2):
            time.sleep(1)
            greeting = f"edit {time.monotonic_ns()}"
            start = time.monotonic()
            file.write_text(source.replace("hello from Mongoose", greeting))
            while greeting not in http_get(port, running):
                time.sleep(0.001)
            seconds = time.monotonic() - start
        return 1000 * seconds


def real(inputs):
    stock = [JITLINK, f"-oop-executor={JITLINK_EXECUTOR}"]
    server = ["server.o", "mongoose.o"]
    yield Measurement(
        "mongoose", "Mongoose's objects to the first HTTP response", "ms",
        lambda: first_answer([JITDEBUG, "run", *server, "--"]),
        {"llvm-jitlink": lambda: first_answer([*stock, *server, "-args", "server"])}, prepare=lambda: inputs.server)

    include = f"-I{inputs.mongoose}"
    link = f"{CLANG} -g -O0 {include} -c {{file}} -o edited.o && {CLANG} edited.o mongoose.o -o edited && exec ./edited {{arguments}}"
    yield Measurement(
        "edit", "Mongoose's example: save a file until the new code answers", "ms",
        lambda: edited_answer(
            lambda file, port: [JITDEBUG, "run", include, file, "mongoose.o", "--", *serve(port)], "ours"),
        {"clang, link, restart": lambda: edited_answer(
            lambda file, port: ["sh", "-euc", link.format(file=file, arguments=" ".join(serve(port)))], "theirs")},
        prepare=lambda: inputs.server)
    yield Measurement(
        "edit-watch", "Mongoose's example under run --watch: save a file until the new code answers", "ms",
        lambda: watched_answer(
            lambda file, port: [JITDEBUG, "run", "--watch", include, file, "mongoose.o", "--", *serve(port)]),
        {"clang, link, restart": lambda: edited_answer(
            lambda file, port: ["sh", "-euc", link.format(file=file, arguments=" ".join(serve(port)))], "theirs")},
        prepare=lambda: inputs.server)

    sqlite = ROOT / ".build" / "sqlite"
    sources = f"{sqlite}/shell.c {sqlite}/sqlite3.c"
    options = "-DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION"
    query = "select 'sum ' || sum(value) from (with recursive n(value) as (select 1 union all select value + 1 from n where value < 100)" \
            " select value from n);"
    both = f"{CLANG} -g -O0 {options} -w -c {sqlite}/shell.c & {CLANG} -g -O0 {options} -w -c {sqlite}/sqlite3.c; wait"
    yield Measurement(
        "sqlite", "SQLite with its shell: compile, link, run a query", "ms",
        run(JITDEBUG, "run", *options.split(), "-Xcc", "-w", *sources.split(), "--", ":memory:", query, expected="^sum 5050"),
        {"clang, llvm-jitlink": shell(
            f"{both}; {' '.join(map(str, stock))} shell.o sqlite3.o -args sqlite :memory: \"{query}\"", "^sum 5050")},
        runs="long", prepare=lambda: inputs.sqlite)


# ---- many objects

COUNTS = [1, 10, 100, 500, 2000]


def last_functions(count, breakpoints):
    """The functions of the last objects, in the order in which they are called."""
    return [f"f{i:04}" for i in range(max(0, count - 1 - breakpoints), count - 1)] or ["whole"]


def many(inputs):
    for count in COUNTS:
        number = "1 object" if count == 1 else f"{count:,} objects"
        objects = [f"main{count}.o"] + [f"f{i:04}.o" for i in range(count - 1)]
        prepare = lambda count=count: inputs.objects(count)
        yield Measurement(
            f"objects-{count}", f"{number}, whole run", "ms", run(JITDEBUG, "run", *objects, expected=SUM),
            {"llvm-jitlink": run(JITLINK, f"-oop-executor={JITLINK_EXECUTOR}", *objects, expected=SUM)},
            runs="short" if count < 500 else "long", prepare=prepare)
        for debugger in ("lldb", "gdb"):
            for pending in (1, 5):
                functions = last_functions(count, pending)

                def stops(way, *options, debugger=debugger, objects=objects, functions=functions):
                    seconds, hits = way(debugger, objects, functions, *options)
                    return 1000 * seconds, hits, len(functions)

                if len(functions) < pending:
                    continue  # the same as with one
                words = "breakpoint in the last" if pending == 1 else "5 breakpoints in the last 5"
                best = "look-ups off" if debugger == "lldb" else "index cache on"
                peers = {f"llvm-jitlink, {best}": lambda stops=stops: stops(debuggers.stock)}
                if count == 500 and pending == 1:
                    peers["llvm-jitlink, default settings"] = lambda stops=stops: stops(debuggers.stock, True)
                yield Measurement(
                    f"objects-{count}-{debugger}-{pending}", f"{number}, {debugger.upper()}, {words}", "ms",
                    lambda stops=stops: stops(debuggers.ours), peers, runs="debugger" if count < 2000 else "once", prepare=prepare)


# ---- the wire


def through_proxy(ours, objects, expected, delay, options=()):
    """A run over TCP, until the program's first line; the proxy, the seconds, and jitdebug's own statistics."""
    if ours:
        executor = Running([EXECUTOR, "--listen", "127.0.0.1:0"], WORK, ENVIRONMENT)
    else:
        port = free_port()
        executor = Running([*LINE_BUFFERED, JITLINK_EXECUTOR, f"listen=127.0.0.1:{port}"], WORK, ENVIRONMENT)
    with executor:
        if ours:
            executor.expect(r":\d+$")
            port = int(executor.lines[-1].rpartition(":")[2])
        else:
            await_listener(port, executor)
        proxy = Proxy(port, delay)
        address = f"127.0.0.1:{proxy.port}"
        if ours:
            command = [JITDEBUG, "run", "--stats", *options, "--connect", address, *objects]
        else:
            command = [JITLINK, *options, f"-oop-executor-connect={address}", *objects]
        with Running(command, WORK, ENVIRONMENT) as controller:
            # What follows the program's output is the end of the session, which the stock controller never gets to over TCP.
            seconds = controller.expect(expected) if ours else executor.expect(expected) - controller.started + executor.started
            # Taken before the end of the session adds to them; the message that carried the output was the last.
            counts = (proxy.bytes, proxy.round_trips)
            text = next((line for line in controller.lines if line.startswith("{")), "{}")
            return counts, seconds, json.loads(text)


def allocated(objects):
    """The bytes of code and data in objects: what a static link would put into its file for the program's memory."""
    text = subprocess.run(["llvm-readelf-22", "-SW", *objects], cwd=WORK, check=True, capture_output=True, text=True).stdout
    section = re.compile(r"\s*\[ *\d+\] \S*\s+(\w+)\s+[0-9a-f]{16} [0-9a-f]+ ([0-9a-f]+) [0-9a-f]+\s+(\w*) ")
    found = [match for match in map(section.match, text.splitlines()) if match]
    return sum(int(match[2], 16) for match in found if "A" in match[3] and match[1] != "NOBITS")


# Longer than any step of a small run takes to compute, so that each wait is seen as one.
COUNTING_DELAY = 0.05


def wire(inputs):
    programs = [
        ("hello", "hello.o", ["hello.o"], "^hello", lambda: None),
        ("objects-500", "500 objects", ["main500.o"] + [f"f{i:04}.o" for i in range(499)], SUM, lambda: inputs.objects(500)),
        ("objects-2000", "2,000 objects", ["main2000.o"] + [f"f{i:04}.o" for i in range(1999)], SUM, lambda: inputs.objects(2000)),
        ("mongoose", "Mongoose with -g", ["server.o", "mongoose.o"], "^serving", lambda: inputs.server),
    ]
    for name, title, objects, expected, prepare in programs:
        def counted(ours, index, objects=objects, expected=expected, delay=0.0, compress="never"):
            return through_proxy(ours, objects, expected, delay, ["--compress", compress] if ours else [])[0][index]

        yield Measurement(
            f"round-trips-{name}", f"{title}: dependent round trips before main", "round trips",
            lambda counted=counted: counted(True, 1, delay=COUNTING_DELAY),
            {"llvm-jitlink": lambda counted=counted, name=name: counted(False, 1, delay=COUNTING_DELAY if name == "hello" else 0.005)},
            runs="once", prepare=prepare)
        yield Measurement(
            f"bytes-{name}", f"{title}: bytes to the target", "bytes", lambda counted=counted: counted(True, 0),
            {"llvm-jitlink": lambda counted=counted: counted(False, 0)}, runs="once", prepare=prepare)
        yield Measurement(
            f"bytes-beyond-{name}", f"{title}: bytes beyond the objects' code and data", "bytes",
            lambda counted=counted, objects=objects: counted(True, 0) - allocated(objects),
            {"llvm-jitlink": lambda counted=counted, objects=objects: counted(False, 0) - allocated(objects)}, runs="once", prepare=prepare)
        yield Measurement(
            f"bytes-compressed-{name}", f"{title}: bytes to the target, compressed", "bytes",
            lambda counted=counted: counted(True, 0, compress="always"),
            {"llvm-jitlink": lambda counted=counted: counted(False, 0)}, runs="once", prepare=prepare)

        def ours_debug(objects=objects, expected=expected):
            return through_proxy(True, objects, expected, 0)[2]["debugBytesSent"]

        def stock_debug(objects=objects, expected=expected):
            with_it, without = (
                through_proxy(False, objects, expected, 0, [f"-debugger-support={flag}"])[0][0] for flag in ("true", "false"))
            return with_it - without

        yield Measurement(
            f"debug-memory-{name}", f"{title}: target memory for debug info", "bytes", ours_debug, {"llvm-jitlink": stock_debug},
            runs="once", prepare=prepare)
    _, _, objects, expected, prepare = programs[1]
    for delay in (1, 10, 50):
        def timed(ours, delay=delay):
            return 1000 * through_proxy(ours, objects, expected, delay / 1000)[1]

        yield Measurement(
            f"delay-{delay}", f"500 objects, {delay} ms one way, to the first output", "ms", lambda timed=timed: timed(True),
            {"llvm-jitlink": lambda timed=timed: timed(False)}, runs="long" if delay < 50 else "once", prepare=prepare)


# ---- attaching to what runs


def attached(debugger, pid):
    """Until a debugger that was started has attached and shown the code's sources."""
    command = {"lldb": ["lldb-22", "--no-lldbinit", "--batch", "-o", "settings set plugin.jit-loader.gdb.enable on", "-o",
                        "settings set symbols.enable-external-lookup false", "-p", str(pid), "-o", "image lookup -n main", "-o", "detach"],
               "gdb": ["gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-iex", "set index-cache enabled on", "-p", str(pid), "-ex", "info line main"]}[debugger]
    return 1000 * whole_run(command, WORK, ENVIRONMENT, r"main\d+\.c")


@contextlib.contextmanager
def waiting(ours, objects):
    """The process in which linked objects wait for a signal."""
    if ours:
        with Running([JITDEBUG, "run", *objects, "--", "wait"], WORK, ENVIRONMENT) as running:
            running.expect("^waiting")
            yield descendants(running.process.pid)[-1]
    else:
        port = free_port()
        with Running([*LINE_BUFFERED, JITLINK_EXECUTOR, f"listen=127.0.0.1:{port}"], WORK, ENVIRONMENT) as executor:
            await_listener(port, executor)
            with Running([JITLINK, f"-oop-executor-connect=127.0.0.1:{port}", *objects, "-args", "main", "wait"], WORK, ENVIRONMENT):
                executor.expect("^waiting")
                yield executor.process.pid


def registrations(ours, objects):
    """How often a debugger is stopped to hear of symbol files, each of which it then reads: the entries of the process's list."""
    with waiting(ours, objects) as pid:
        text = subprocess.run(
            [JITDEBUG, "inspect", "--pid", str(pid), "--json"], cwd=WORK, env=ENVIRONMENT, capture_output=True, timeout=LIMIT).stdout
        return len(json.loads(text)["entries"])


def attaching(inputs):
    for count in (10, 500, 2000):
        objects = [f"main{count}.o"] + [f"f{i:04}.o" for i in range(count - 1)]
        yield Measurement(
            f"registrations-{count}", f"{count:,} objects: registrations, each of which stops a debugger", "stops",
            lambda objects=objects: registrations(True, objects), {"llvm-jitlink": lambda objects=objects: registrations(False, objects)},
            runs="once", prepare=lambda count=count: inputs.objects(count))
    for count in (1, 100, 1000):
        objects = [f"main{count}.o"] + [f"f{i:04}.o" for i in range(count - 1)]
        for debugger in ("lldb", "gdb"):
            look = {"lldb": "image lookup -n main", "gdb": "info line main"}[debugger]

            def ours(debugger=debugger, objects=objects, look=look):
                with waiting(True, objects):
                    command = [JITDEBUG, "attach", "--debugger", debugger, "--batch", "-o", look]
                    return 1000 * whole_run(command, WORK, ENVIRONMENT, r"main\d+\.c")

            def stock(debugger=debugger, objects=objects):
                with waiting(False, objects) as pid:
                    return attached(debugger, pid)

            yield Measurement(
                f"attach-{count}-{debugger}", f"attach with {debugger.upper()} to {count:,} linked object{'s' * (count > 1)}", "ms", ours,
                {"llvm-jitlink": stock}, runs="long", prepare=lambda count=count: inputs.objects(count))


# ---- both programs themselves


def greeting(command):
    """Milliseconds from starting an executor to all of its setup message."""
    ours, theirs = socket.socketpair()
    with ours:
        start = time.monotonic()
        process = subprocess.Popen(command(theirs.fileno()), pass_fds=[theirs.fileno()], stdout=subprocess.DEVNULL)
        theirs.close()
        ours.settimeout(10)
        data = b""
        while len(data) < 8 or len(data) < int.from_bytes(data[:8], "little"):
            part = ours.recv(65536)
            if not part:
                raise Failure("the executor did not greet")
            data += part
        seconds = time.monotonic() - start
    process.kill()
    process.wait()
    return 1000 * seconds


def idle_memory(command, listening):
    with Running(command, WORK, ENVIRONMENT) as executor:
        listening(executor)
        time.sleep(0.2)
        return status(executor.process.pid, "VmRSS")


def programs(inputs):
    port = free_port()
    objects = ["main2000.o"] + [f"f{i:04}.o" for i in range(1999)]
    yield Measurement(
        "executor-size", "executor on disk", "bytes", lambda: os.stat(EXECUTOR).st_size,
        {"llvm-jitlink-executor": lambda: os.stat(JITLINK_EXECUTOR).st_size}, runs="once")
    yield Measurement(
        "executor-memory", "executor listening, resident memory", "KB",
        lambda: idle_memory([EXECUTOR, "--listen", "127.0.0.1:0"], lambda e: e.expect(r":\d+$")),
        {"llvm-jitlink-executor": lambda: idle_memory(
            [JITLINK_EXECUTOR, f"listen=127.0.0.1:{port}"], lambda e: await_listener(port, e))}, runs="once")
    yield Measurement(
        "executor-start", "executor started to its greeting", "ms", lambda: greeting(lambda fd: [EXECUTOR, "--fd", str(fd)]),
        {"llvm-jitlink-executor": lambda: greeting(lambda fd: [JITLINK_EXECUTOR, f"filedescs={fd},{fd}"])})
    yield Measurement(
        "controller-start", "controller started, version printed", "ms", run(JITDEBUG, "--version", expected=r"\d"),
        {"llvm-jitlink": run(JITLINK, "--version", expected="LLVM version")})
    for name, title, files, expected, prepare in (
            ("hello", "hello.o", ["hello.o"], "hello", lambda: None),
            ("objects-2000", "2,000 objects", objects, "sum", lambda: inputs.objects(2000))):
        yield Measurement(
            f"controller-memory-{name}", f"controller's peak memory, {title}", "KB",
            lambda files=files, expected=expected: peak_memory([JITDEBUG, "run", *files], WORK, ENVIRONMENT, expected),
            {"llvm-jitlink": lambda files=files, expected=expected: peak_memory(
                [JITLINK, f"-oop-executor={JITLINK_EXECUTOR}", *files], WORK, ENVIRONMENT, expected)},
            runs="long", prepare=prepare)


def everything():
    inputs = Inputs()
    for part in (small, real, many, wire, attaching, programs):
        yield from part(inputs)


def plotted(rows):
    """Lines for the plot: cost against the number of objects, of each way."""
    lines = {}
    for row in rows:
        found = re.fullmatch(r"objects-(\d+)(?:-(lldb|gdb)-(1|5))?", row.name)
        if not found or "default" in row.peer.name:
            continue
        way = f", {found[2].upper()}, {found[3]} breakpoint{'s' * (found[3] == '5')}" if found[2] else ""
        for side, name in ((row.ours, "jitdebug"), (row.peer, "llvm-jitlink")):
            if side.values:
                lines.setdefault(name + way, []).append((int(found[1]), sorted(side.values)[len(side.values) // 2]))
    return lines
