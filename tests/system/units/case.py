# SPDX-License-Identifier: LGPL-2.1-or-later
"""One case by effect: units of its own, a daemon with its own rules, and that nothing of it stays."""
import os
import shutil
import time
import unittest

from guest import program, rules, run, trimtab, wait_for, write
from snapshot import CGROUP, Snapshot, read

# How long the daemon may take for what it does in a tick or two. Emulated machines are slow and noisy, and it gives systemd alone half
# a minute to read its files again.
PATIENCE_SECONDS = 60
# What must not happen has had its chance after so many ticks of a quarter of a second.
STILL_SECONDS = 2
# Lines of the journal that are shown of a case that failed.
LAST_WORDS = 80

UNIT_FILES = "/run/systemd/system"
PLACES = (UNIT_FILES, "/run/systemd/system.control", "/run/systemd/transient", "/etc/systemd/system",
          "/etc/systemd/system.control", "/usr/lib/systemd/system")

# True as soon as there is a sample.
ALWAYS = "last(cgroup.cpu_some) >= 0%"


def rule(name, objects, *actions, **keys):
    """The text of a rule that acts at once; keys of the language by their names, - as _."""
    settings = {"for": objects, "when": ALWAYS, "hold": "0s", "cooldown": "1s", "clear-hold": "0s",
                "then": "\n       ".join(actions)}
    settings.update({key.replace("_", "-"): value for key, value in keys.items()})
    return f"[rule {name}]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items())


def configure(**settings):
    """trimtab.conf for tests: acts, looks often, and does not mind many changes."""
    values = {"mode": "enforce", "tick": "250ms", "writes-per-minute": "0", "foreign-backoff": "1h"}
    values.update({key.replace("_", "-"): value for key, value in settings.items()})
    write("/etc/trimtab/trimtab.conf", "[daemon]\n" + "".join(f"{k} = {v}\n" for k, v in values.items()))


def systemctl(*words, check=True):
    return run("systemctl", *words, check=check)


def show(unit, name):
    return systemctl("show", "--value", f"--property={name}", unit).stdout.strip()


def group(unit, slice_name="system.slice"):
    """The object of a unit's cgroup."""
    return f"cgroup:/{slice_name}/{unit}"


def knob(name, unit, slice_name="system.slice"):
    """What the kernel's file says; None: it is not there."""
    return read(f"{CGROUP}/{slice_name}/{unit}/{name}")


def put(path, text):
    """Into a file of the kernel's. Unbuffered: an error must be seen."""
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def set_knob(name, unit, text, slice_name="system.slice"):
    """As a person does it who knows nothing of systemd."""
    put(f"{CGROUP}/{slice_name}/{unit}/{name}", text)


def runtime_dropin(unit, setting, kind="system.control"):
    return f"/run/systemd/{kind}/{unit}.d/50-{setting}.conf"


def pinned_dropin(unit, setting):
    return f"/etc/systemd/system.control/{unit}.d/50-{setting}.conf"


def last(lines):
    """The end of a log, as a comment."""
    return "\n".join(f"#   {line}" for line in lines[-LAST_WORDS:])


def daemon_pid():
    return int(show("trimtabd", "MainPID"))


class Case(unittest.TestCase):
    """Every case ends by leave_nothing(), or by saying what is to differ."""

    longMessage = True
    maxDiff = None

    def setUp(self):
        self.units = []
        self.before = None
        self.began = time.time()
        configure()
        self.addCleanup(self.clean_up)

    # --- units ---

    def unit(self, name, *settings, folder=UNIT_FILES):
        """A service that does nothing, from a file, running."""
        self.units.append(name)
        lines = "".join(f"{setting}\n" for setting in settings)
        write(f"{folder}/{name}", f"[Service]\nExecStart=sleep infinity\n{lines}")
        systemctl("start", name)
        return name

    def transient(self, name, *settings):
        self.units.append(name)
        options = [f"--property={setting}" for setting in settings]
        run("systemd-run", "--quiet", f"--unit={name}", *options, "sleep", "infinity")
        return name

    def clean_up(self):
        systemctl("stop", "trimtabd", *self.units, check=False)
        for name in self.units:
            for place in PLACES:
                shutil.rmtree(f"{place}/{name}.d", ignore_errors=True)
                if os.path.lexists(f"{place}/{name}"):
                    os.unlink(f"{place}/{name}")
        # Stopped and not failed, a unit is forgotten: the next of that name is read from its own file.
        systemctl("reset-failed", check=False)
        for left in ("/run/trimtab/ledger", "/etc/trimtab/rules.d/50-test.conf"):
            if os.path.exists(left):
                os.unlink(left)

    # --- the daemon ---

    def tune(self, *texts, **settings):
        """A daemon with these rules and settings; what is now is what must be again in the end."""
        rules("\n".join(texts))
        configure(**settings)
        self.before = Snapshot()
        systemctl("start", "trimtabd")

    def words(self):
        """What the daemon and systemd told the journal during this case."""
        told = run("journalctl", "--no-pager", "--output=short-monotonic", f"--since=@{self.began:.3f}", "_SYSTEMD_UNIT=trimtabd.service", "+",
                   "_PID=1", check=False)
        return last(told.stdout.splitlines())

    def stop(self):
        systemctl("stop", "trimtabd")

    def kill(self):
        """SIGKILL; what puts things back is ExecStopPost= alone, as the daemon is not started again here."""
        os.kill(daemon_pid(), 9)
        ended = wait_for(lambda: show("trimtabd", "ActiveState") == "failed", PATIENCE_SECONDS)
        self.assertTrue(ended, "the daemon is over, and so is ExecStopPost=")
        systemctl("reset-failed", "trimtabd")

    def log(self, kind, knob_name):
        """What the daemon said of one knob, oldest first."""
        return [e for e in trimtab("log", "-n", "500") if e["kind"] == kind and e.get("knob") == knob_name]

    # --- what must be so ---

    def becomes(self, name, unit, text, slice_name="system.slice"):
        wait_for(lambda: knob(name, unit, slice_name) == text, PATIENCE_SECONDS)
        self.assertEqual(knob(name, unit, slice_name), text, f"{name} of {unit}")

    def stays(self, name, unit, text, slice_name="system.slice", seconds=STILL_SECONDS):
        """Looked at often: a value that comes back had gone."""
        wait_for(lambda: knob(name, unit, slice_name) != text, seconds, 0.05)
        self.assertEqual(knob(name, unit, slice_name), text, f"{name} of {unit} stays")

    def gives_up(self, knob_name, times=1):
        """Waits until the log says so; the last entry."""
        wait_for(lambda: len(self.log("given-up", knob_name)) >= times, 2 * PATIENCE_SECONDS, 1)
        entries = self.log("given-up", knob_name)
        self.assertGreaterEqual(len(entries), times, f"the log says that {knob_name} was given up")
        return entries[-1]

    def leave_nothing(self, but=None, end=None, reloaded=True):
        """
        The daemon is stopped (or ended by END), and all is as it was before it; BUT what the case did itself:
        a path and what is there now. Not RELOADED: to tell systemd would have cost what the case did.
        """
        (end or self.stop)()
        after = {path: now for path, (_was, now) in self.before.changes(Snapshot()).items()}
        self.assertEqual(after, but or {}, "what is not as before")
        if reloaded:
            known = systemctl("show", "--value", "--property=NeedDaemonReload", *self.units).stdout.split()
            self.assertNotIn("yes", known, f"systemd knows the files of {self.units}")
        again = run(program("trimtabd"), "--restore")
        self.assertEqual(again.stderr, "", "nothing was left to restore")
