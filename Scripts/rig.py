"""An executor under observation: what Scripts/fuzz-live and Scripts/soak start, connect to and count."""

import os
import pathlib
import platform
import shutil
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
JITDEBUG = ROOT / ".build" / "debug" / "jitdebug"
EXECUTOR = ROOT / ".build" / "executors" / f"{platform.machine()}-unknown-linux-gnu" / "jitdebug-executor"
# Fixed, so that small differences between two counts are not for the rig to explain away.
RSS_SLACK_KB = 256
NOBODY = "65534"


class Executor:
    """A listening executor in a folder of its own; as `nobody` where that can be had, for it may run mutated code."""

    def __init__(self, *options, unprivileged=False, same_addresses=False, memory="16G"):
        self.folder = tempfile.TemporaryDirectory(prefix="jitdebug-rig-")
        os.chmod(self.folder.name, 0o777 if unprivileged else 0o700)
        binary = os.path.join(self.folder.name, "jitdebug-executor")
        shutil.copy(EXECUTOR, binary)
        os.chmod(binary, 0o755)
        command = ["prlimit", "--core=0", "--"]
        if same_addresses:
            # Otherwise each reservation below 4 GiB is somewhere else.
            command += ["setarch", "-R"]
        if unprivileged and os.geteuid() == 0:
            command += ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]
        self.log = open(os.path.join(self.folder.name, "log"), "wb")
        # prlimit and its like become the executor, which thus keeps their process.
        self.process = subprocess.Popen(
            command + [binary, "--limit-memory", memory, *(options or ["--listen", "127.0.0.1:0"])], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self.log, cwd=self.folder.name)
        line = self.process.stdout.readline().decode().strip()
        if not line:
            raise SystemExit(f"error: rig: the executor did not start: {self.log_text()}")
        self.endpoint = line
        host, _, port = line.rpartition(":")
        self.address = (host.strip("[]"), int(port))

    def log_text(self):
        return pathlib.Path(self.log.name).read_text(errors="replace")

    def is_alive(self):
        return self.process.poll() is None

    def children(self):
        """All processes that descend from the executor's, zombies included."""
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open(f"/proc/{entry}/stat", "rb") as file:
                        parents[int(entry)] = int(file.read().rpartition(b")")[2].split()[1])
                except (OSError, IndexError):
                    pass
        found, level = [], [self.process.pid]
        while level:
            level = [process for process, parent in parents.items() if parent in level]
            found += level
        return found

    def direct_children(self):
        """How many sessions there are; cheap enough to ask often."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", "rb") as file:
            return len(file.read().split())

    def settle(self, seconds=30):
        """Waits until no session is left; whether that came true."""
        limit = time.monotonic() + seconds
        while self.children():
            if time.monotonic() > limit:
                return False
            time.sleep(0.02)
        return True

    def counts(self):
        process = self.process.pid
        rollup = {}
        with open(f"/proc/{process}/smaps_rollup") as file:
            for line in file:
                words = line.split()
                if len(words) == 3 and words[2] == "kB":
                    rollup[words[0]] = int(words[1])
        # Its own pages alone: those it shares with sessions count for less the more of these there are.
        return {
            "RSS kB": rollup["Rss:"], "PSS kB": rollup["Pss:"],
            "private kB": rollup["Private_Clean:"] + rollup["Private_Dirty:"],
            "descriptors": len(os.listdir(f"/proc/{process}/fd")), "children": len(self.children()),
        }

    def leaks(self, before, after):
        """What has grown that should not have."""
        found = [name for name in ("descriptors", "children") if after[name] > before[name]]
        return found + [name for name in ("RSS kB",) if after[name] > before[name] + RSS_SLACK_KB]

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def compile_object(folder, name, source, *options):
    """An object file of C source, or of C++ source if the name says so."""
    path = pathlib.Path(folder) / name
    path.write_text(source)
    output = path.with_suffix(".o")
    compiler = "clang++-22" if path.suffix == ".cpp" else "clang-22"
    subprocess.run([compiler, "-g", "-O0", "-w", "-c", "-o", output, path, *options], check=True)
    return str(output)


def run(executor, *arguments, input=b"", seconds=60, endpoint=None):
    """One `jitdebug run`; its exit code and output."""
    environment = dict(os.environ, XDG_STATE_HOME=os.path.join(executor.folder.name, "state"), JITDEBUG_NO_CACHE="1")
    done = subprocess.run(
        [JITDEBUG, "run", "--connect", endpoint or executor.endpoint, *arguments], input=input, timeout=seconds,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    return done.returncode, done.stdout, done.stderr


def table(rows):
    """Prints rows of words with aligned columns, the first of them the head."""
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(f"{str(word):<{width}}" for word, width in zip(row, widths)).rstrip(), flush=True)
