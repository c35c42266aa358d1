"""Runs a program, and ends it when nobody is left to read its output: sshd lets a program run on when
the connection is gone."""

import ctypes
import os
import select
import signal
import sys
import time

# Seconds after which what was told to end is killed.
GRACE = 10
PR_SET_CHILD_SUBREAPER = 36


def parents():
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry, "rb") as file:
                    # The name in parentheses may hold anything, parentheses too.
                    yield int(entry), int(file.read().rpartition(b")")[2].split()[1])
            except OSError:
                pass  # It ended meanwhile.


def end(number):
    """Sends a signal to all that was started. It is in no group of its own: then a terminal of this
    machine would not be its."""
    found, tree = {os.getpid()}, set()
    while found:
        tree |= found
        found = {pid for pid, parent in parents() if parent in tree} - tree
    for pid in tree - {os.getpid()}:
        try:
            os.kill(pid, number)
        except OSError:
            pass  # It ended meanwhile.


# What loses its parent stays ours.
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
wakeups, written = os.pipe()
os.set_blocking(written, False)
signal.set_wakeup_fd(written)
# A terminal sends INT to the program as well.
for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    signal.signal(number, lambda *_: None)
# Python ignores them, and what is ignored stays so over exec.
ignored = [signal.SIGPIPE, signal.SIGXFSZ]
program = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, setsigdef=ignored)
poll = select.poll()
poll.register(wakeups, select.POLLIN)
# That the other end is gone is told unasked.
poll.register(1, 0)
deadline = None
while True:
    ended, status = os.waitpid(program, os.WNOHANG)
    if ended:
        break
    wait = None if deadline is None else max(0, deadline - time.monotonic()) * 1000
    ready = [descriptor for descriptor, _ in poll.poll(wait)]
    came = os.read(wakeups, 4096) if wakeups in ready else b""
    is_over = signal.SIGTERM in came or signal.SIGHUP in came
    if 1 in ready:
        poll.unregister(1)
        is_over = True
    if is_over and deadline is None:
        deadline = time.monotonic() + GRACE
        end(signal.SIGTERM)
    elif deadline is not None and time.monotonic() >= deadline:
        deadline += GRACE
        end(signal.SIGKILL)
if os.WIFSIGNALED(status):
    number = os.WTERMSIG(status)
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
sys.exit(os.WEXITSTATUS(status))
