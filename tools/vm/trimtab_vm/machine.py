# SPDX-License-Identifier: LGPL-2.1-or-later
"""One virtual machine from start to end: streams the command's log, keeps the deadline, leaves nothing running."""

import ctypes
import os
import signal
import subprocess
import time

from . import VmError, toolbox

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.05
# From the command's end to power-off takes about a tenth of a second; a guest that hangs there is not waited for.
POWEROFF_SECONDS = 10
CHUNK = 1 << 20

# Before the fork: the child may not import or open anything.
_prctl = ctypes.CDLL(None, use_errno=True).prctl


def _die_with(parent):
    def in_child():
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # The runner may have gone between fork and prctl; then no signal will come.
        if os.getppid() != parent:
            os._exit(1)
    return in_child


class LogStream:
    """Copies what is new in a growing file to a descriptor."""

    def __init__(self, path, target):
        self.source = open(path, "rb", buffering=0)
        self.target = target

    def pump(self):
        while chunk := self.source.read(CHUNK):
            while chunk:
                chunk = chunk[os.write(self.target, chunk):]

    def close(self):
        self.source.close()


class Machine:
    def __init__(self, words, qemu_log):
        with open(qemu_log, "wb") as log:
            self.process = subprocess.Popen(words, env=toolbox.environment(), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, preexec_fn=_die_with(os.getpid()))

    def wait(self, deadline, share, stream):
        """True when the machine has gone by itself, False when its time is over."""
        over = False
        while self.process.poll() is None:
            stream.pump()
            if not over and share.status() is not None:
                over = True
                deadline = min(deadline, time.monotonic() + POWEROFF_SECONDS)
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def end(self):
        """Only the process started here, and not before it is really gone."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()


def run(words, share, timeout, target):
    """Runs QEMU till it goes or `timeout` seconds are over; True when it went by itself."""
    try:
        machine = Machine(words, share.dir / "qemu.log")
    except OSError as error:
        raise VmError(f"QEMU did not start: {error}") from error

    stream = LogStream(share.log, target)
    try:
        return machine.wait(time.monotonic() + timeout, share, stream)
    finally:
        machine.end()
        stream.pump()
        stream.close()
