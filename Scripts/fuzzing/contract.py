"""Runs a command with limits and says what of the contract it broke."""
import os
import re
import resource
import signal
import subprocess
import threading
import time
from dataclasses import dataclass

SECONDS, BYTES = 10, 1 << 30
# A sanitizer multiplies time and memory; what it says is looked for instead.
SANITIZED = False
CODES = {0, 1, 2, 64, 65, 74}
# Characters that move the cursor, hide text or turn its direction; a tab and a line feed are layout.
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")


@dataclass
class Outcome:
    words: list
    code: int
    seconds: float
    bytes: int
    out: bytes
    err: bytes


def limited():
    """In the child: a process that would take the machine's memory fails instead."""
    if not SANITIZED:
        resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.setpgid(0, 0)


def run(words, folder, environment=None, after=None):
    """The outcome of a command; `after` is called with the process while it runs."""
    start = time.monotonic()
    process = subprocess.Popen(
        words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=limited, env=dict(os.environ, **(environment or {})))
    texts = {}
    readers = [threading.Thread(target=lambda name, stream: texts.update({name: stream.read(64 << 20)}), args=pair)
               for pair in (("out", process.stdout), ("err", process.stderr))]
    for reader in readers:
        reader.start()
    # Twice the limit, so that a slow minute of the machine is told from an endless loop.
    timer = threading.Timer((20 if SANITIZED else 2) * SECONDS, lambda: os.killpg(process.pid, signal.SIGKILL))
    timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    for reader in readers:
        reader.join()
    return Outcome(words, process.returncode, time.monotonic() - start, usage.ru_maxrss * 1024,
                   texts.get("out", b""), texts.get("err", b""))


def complaints(outcome):
    """What the outcome breaks of: exit codes, one error line, time, memory, text that is safe to show.

    `validate` prints the problems of a file as its data, not as errors.
    """
    found = []
    error = outcome.err.decode("utf-8", "replace")
    if outcome.seconds > SECONDS * (20 if SANITIZED else 1):
        found.append(f"took {outcome.seconds:.1f} s")
    elif outcome.code not in CODES:
        found.append(f"ended with {outcome.code}")
    elif outcome.code not in (0, 2) and "validate" not in outcome.words and not any(line.startswith("error:") for line in error.splitlines()):
        found.append(f"ended with {outcome.code} without an error line")
    if outcome.bytes > BYTES and not SANITIZED:
        found.append(f"took {outcome.bytes >> 20} MiB")
    if "Fatal error" in error or "AddressSanitizer" in error or "runtime error:" in error or "ThreadSanitizer" in error:
        found.append("a trap or a sanitizer spoke")
    for name, text in (("stdout", outcome.out), ("stderr", outcome.err)):
        try:
            hidden = HIDDEN.search(text.decode("utf-8"))
        except UnicodeDecodeError:
            found.append(f"{name} is no UTF-8")
            continue
        if hidden:
            found.append(f"{name} shows {hidden[0]!r}")
    return found
