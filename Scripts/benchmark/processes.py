"""Commands that are timed: run to their end, or read line by line; always bounded in time, and ended with all that they started."""

import collections
import os
import pathlib
import re
import selectors
import signal
import socket
import subprocess
import sys
import time

LIMIT = 600  # seconds, for any one command: GDB takes minutes to load 2,000 objects one by one


class Failure(Exception):
    """A run that did not do what was measured; its text says what it did instead."""


class Running:
    """A command in a process group of its own, its output read line by line up to a deadline."""

    def __init__(self, command, folder, environment, **options):
        self.started = time.monotonic()
        self.deadline = self.started + LIMIT
        self.lines = []
        self.rest = b""
        self.unread = collections.deque()
        self.now = self.started
        options.setdefault("stdin", subprocess.DEVNULL)
        self.process = subprocess.Popen(
            [str(word) for word in command], cwd=folder, env=environment, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def wait_for(self, *patterns):
        """The seconds from the start until a line matched, and the pattern's index; the index is None if the output ended before."""
        compiled = [re.compile(pattern) for pattern in patterns]
        while True:
            # One read may bring several lines that are waited for, one after another.
            while self.unread:
                text = self.unread.popleft()
                self.lines.append(text)
                for index, pattern in enumerate(compiled):
                    if pattern.search(text):
                        return self.now - self.started, index
            if not self.selector.select(max(0, self.deadline - time.monotonic())):
                raise Failure(f"no answer within {LIMIT} s: " + " ".join(map(str, self.process.args))[:100])
            data = os.read(self.process.stdout.fileno(), 65536)
            self.now = time.monotonic()
            *lines, self.rest = (self.rest + data).split(b"\n")
            self.unread.extend(line.decode(errors="replace") for line in lines)
            if not data and not self.unread:
                return self.now - self.started, None

    def expect(self, pattern):
        seconds, index = self.wait_for(pattern)
        if index is None:
            raise Failure(f"no '{pattern}' in: " + " | ".join(self.lines[-5:])[:300])
        return seconds

    def end(self):
        # A debugger's programs are in groups of their own, and would go on without it.
        for process in [*descendants(self.process.pid), self.process.pid]:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(10)
        self.selector.close()
        self.process.stdout.close()


def whole_run(command, folder, environment, expected, text=None):
    """The seconds that a command takes from start to end, and its peak memory in KB; its output must match what is expected."""
    start = time.monotonic()
    process = subprocess.Popen(
        [str(word) for word in command], cwd=folder, env=environment, stdin=subprocess.PIPE if text else subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        output, _ = process.communicate(text and text.encode(), timeout=LIMIT)
        seconds = time.monotonic() - start
    except subprocess.TimeoutExpired:
        for child in [*descendants(process.pid), process.pid]:
            os.kill(child, signal.SIGKILL)
        process.communicate()
        raise Failure(f"{command[0]} did not end within {LIMIT} s") from None
    output = output.decode(errors="replace")
    if process.returncode != 0 or not re.search(expected, output, re.MULTILINE):
        raise Failure(f"{pathlib.Path(str(command[0])).name} ended with {process.returncode}: {output[-300:]}")
    return seconds


# Linux counts to a process what its parent had when it was started, so that is a small one: this interpreter by itself has 10 MB.
MEASURE = "import resource, subprocess, sys; status = subprocess.call(sys.argv[1:]); " \
          "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(status)"


def peak_memory(command, folder, environment, expected):
    """The most memory that a command and what it waited for had at once, in KB, each process for itself."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", MEASURE, *map(str, command)], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=LIMIT)
    if done.returncode != 0 or not re.search(expected, done.stdout):
        raise Failure(f"{command[0]} ended with {done.returncode}: {done.stdout[-200:]}{done.stderr[-200:]}")
    return int(done.stderr.split()[-1])


def descendants(process):
    """The children of a process, theirs, and so on."""
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # ended meanwhile
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = list(children.get(process, []))
    for child in found:
        found += children.get(child, [])
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_listener(port, running):
    """Waits until the command or a child of it listens, without connecting: the stock executor serves only its first connection."""
    wanted = f":{port:04X}"
    while time.monotonic() < running.deadline and running.process.poll() is None:
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(wanted) and fields[3] == "0A":
                return
        time.sleep(0.002)
    raise Failure(f"nobody listens on port {port}")


def status(process, name):
    """A figure of /proc/PID/status, in KB."""
    for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise Failure(f"process {process} has no {name}")


def http_get(port, running):
    """The answer to a request for /, as soon as the command that runs gives one."""
    while running.process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                answer = b""
                while part := connection.recv(65536):
                    answer += part
                    head, _, body = answer.partition(b"\r\n\r\n")
                    length = re.search(rb"(?i)content-length: (\d+)", head)
                    if length and len(body) >= int(length[1]):
                        break
                if answer:
                    return answer.decode(errors="replace")
        except OSError:
            pass
        if time.monotonic() > running.deadline:
            raise Failure(f"no answer on port {port}")
        time.sleep(0.001)
    raise Failure(f"the server ended with {running.process.returncode}")
