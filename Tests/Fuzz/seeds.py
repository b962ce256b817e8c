#!/usr/bin/env python3
"""Writes the inputs that fuzzing begins with into the corpus: one well-formed message of every kind, and sessions of them."""

import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus"
ARENA = 0x20000000
PAGE = 4096
# The executor's functions in the order of its wrapper functions.
FUNCTIONS = """reserve initialize deinitialize release open resolve write8 write16 write32 write64 write_pointers
write_buffers read8 read16 read32 read64 read_pointers read_buffers read_strings register_frames deregister_frames
register_section deregister_section register_object unregister_object main void int configure stdin run_program resume
signal read_file become_program""".split()


def u64(*values):
    return struct.pack(f"<{len(values)}Q", *values)


def blob(content):
    content = content.encode() if isinstance(content, str) else content
    return u64(len(content)) + content


def sequence(*elements):
    return u64(len(elements)) + b"".join(elements)


def segment(access, address, size, content=b""):
    return bytes([access]) + u64(address, size) + blob(content)


def call(function, arguments=b""):
    return u64(function) + blob(arguments)


def finalize(segments, *calls):
    return sequence(*segments) + u64(len(calls) // 2) + b"".join(calls)


def program(entry, waits=0):
    ranges = sequence(u64(ARENA + 64, ARENA + 80))
    return u64(entry) + sequence(blob("program"), blob("argument")) + ranges * 2 + sequence() + bytes([waits])


def frame(opcode, number, function, payload=b""):
    index = FUNCTIONS.index(function) if isinstance(function, str) else function
    return bytes([opcode, number, index]) + struct.pack("<H", len(payload)) + payload


def calls(*pairs):
    return b"\1" + b"".join(frame(3, i + 1, function, payload) for i, (function, payload) in enumerate(pairs))


def header(size, opcode, number, tag):
    return u64(size, opcode, number, tag)


CONFIGURE = blob("/") + sequence(blob("NAME") + blob("value")) + b"\1\2" + u64(7, 8)
SETUP = (blob("x86_64-unknown-linux-gnu") + u64(PAGE) + sequence(blob("jitdebug.pid") + blob(u64(1)))
         + sequence(blob("jitdebug_resume_wrapper") + u64(ARENA)))
FINALIZE = finalize([segment(5, ARENA, 100, b"\xc3" * 9), segment(3, ARENA + PAGE, PAGE)],
                    call(FUNCTIONS.index("register_object"), u64(ARENA, ARENA + 100)),
                    call(FUNCTIONS.index("unregister_object"), u64(ARENA, ARENA + 100)))
FRAMES_SECTION = struct.pack("<II", 4, 0) + bytes(4)

# A byte, a match that repeats it, another that reaches further back, and literals at the end, in LZ4's format.
BLOCK = b"\x1f\x77\1\0\x50" + b"\x24ab\x10\0" + b"\x30end"
BLOCK_SIZE = 100 + 2 + 8 + 3

MESSAGES = [
    SETUP, FINALIZE, CONFIGURE, program(ARENA, 1), u64(1) + sequence(blob("printf") + b"\1", blob("x") + b"\0"),
    b"\1" + sequence(b"\1" + u64(ARENA) + b"\x10\0", b"\0"), b"\1" + blob("reason"), blob("bytes"), bytes(range(15)) + b"\1",
    u64(2, 20) + blob("ab") + blob("c"), sequence(u64(1, 2), u64(3, 3)), struct.pack("<H", BLOCK_SIZE) + BLOCK,
    sequence(blob("a"), blob("bc")) * 2,
]

STREAMS = {
    "one": header(32, 3, 1, 0),
    "two": header(40, 3, 1, 0) + bytes(8) + header(32, 1, 0, 0),
    "short": header(33, 2, 7, 0),
    "tiny": header(31, 3, 1, 0),
    "large": header(1 << 40, 3, 1, 0),
    "opcode": header(32, 4, 1, 0),
}

READY = [("reserve", u64(0, 4 * PAGE)), ("initialize", u64(0) + FINALIZE)]
SESSIONS = {
    "memory": calls(*READY, ("deinitialize", u64(0) + sequence(u64(ARENA))), ("release", u64(0) + sequence(u64(ARENA)))),
    "program": calls(*READY, ("configure", CONFIGURE), ("run_program", program(ARENA)), ("resume", b"")),
    "waiting": calls(*READY, ("run_program", program(ARENA, 1)), ("resume", b""), ("run_program", program(ARENA))),
    "main": calls(*READY, ("main", u64(3) + sequence(blob("a"), blob("b"))), ("int", u64(5) + bytes(4)), ("void", u64(4))),
    "compressed": calls(("reserve", u64(0, 4 * PAGE)), ("initialize", u64(0) + finalize(
        [segment(0x85, ARENA, BLOCK_SIZE, BLOCK), segment(0x83, ARENA + PAGE, 9, b"\x14a\1\0\0")]))),
    "libraries": calls(("open", u64(0) + blob("") + u64(0)), ("open", u64(0) + blob("libm.so.6") + u64(0)),
                       ("resolve", u64(1) + sequence(blob("_Zprintf") + b"\1", blob("") + b"\0"))),
    "writes": calls(*READY, *((name, sequence(u64(ARENA + PAGE) + content)) for name, content in [
        ("write8", b"1"), ("write16", b"12"), ("write32", b"1234"), ("write64", u64(9)), ("write_pointers", u64(9)),
        ("write_buffers", blob("buffer"))])),
    "reads": calls(*READY, *((name, sequence(u64(ARENA))) for name in FUNCTIONS[12:17]),
                   ("read_buffers", sequence(u64(ARENA, ARENA + 5))), ("read_strings", sequence(u64(ARENA + 1)))),
    "frames": calls(*READY, ("write_buffers", sequence(u64(ARENA + PAGE) + blob(FRAMES_SECTION))),
                    *((name, u64(ARENA + PAGE, ARENA + PAGE + 12)) for name in FUNCTIONS[19:23])),
    "objects": calls(("register_object", u64(ARENA, ARENA + 9)), ("unregister_object", u64(ARENA, ARENA + 9)),
                     ("register_object", u64(ARENA, ARENA + 9) + b"\1")),
    "streams": calls(("stdin", blob("early")), ("configure", CONFIGURE), ("stdin", blob("text")), ("stdin", blob(""))),
    "others": calls(("signal", bytes([15, 0, 0, 0])), ("read_file", blob("/proc/self/status") + u64(0, 100)),
                    ("become_program", sequence(blob("/bin/true"), blob("x"))), ("resume", b"")),
    "hangup": b"\1" + frame(3, 1, "reserve", u64(0, PAGE)) + frame(1, 0, 47),
    "result": b"\1" + frame(3, 1, "int", u64(5) + bytes(4)) + frame(2, 1, 47, b"result"),
    "nested": calls(*READY, ("reserve", u64(0, 4 * PAGE)), ("initialize", u64(0) + finalize(
        [segment(7, ARENA + 4 * PAGE, PAGE)], call(FUNCTIONS.index("void"), u64(3)),
        call(FUNCTIONS.index("deinitialize"), u64(0) + sequence(u64(ARENA)))))),
    **{"raw-" + name: b"\0" + stream for name, stream in STREAMS.items()},
}

for folder, inputs in [
    ("frames", STREAMS), ("session", SESSIONS),
    ("messages", {f"kind{i:02}": bytes([i]) + message for i, message in enumerate(MESSAGES)}),
]:
    (CORPUS / folder).mkdir(parents=True, exist_ok=True)
    for name, content in inputs.items():
        (CORPUS / folder / name).write_bytes(content)
