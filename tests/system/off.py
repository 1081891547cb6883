#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine booted with trimtab=off on the kernel's command line, for when a tuner has made it hard to log in: the service stays
away without failing, says why, and what an earlier daemon left behind can still be put back.

usage: off.py STAGE   (as root, in a machine that may be thrown away, booted so)
"""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from guest import Checks, cgroup_file, dropins, install, mode, program, read, rules, run, systemd_run, wait_for  # noqa: E402

UNIT = "web.service"
RULE = f"""
[rule always]
for = cgroup:/system.slice/{UNIT}
when = last(cgroup.cpu_some) >= 0%
hold = 0s
then = cpu.weight = 300
"""
WHY = "trimtab=off"


def show(name):
    return run("systemctl", "show", "--value", f"--property={name}", "trimtabd").stdout.strip()


def weight():
    return cgroup_file(UNIT, "cpu.weight")


def the_service_stays_away(check):
    started = run("systemctl", "start", "trimtabd", check=False)
    check(started.returncode == 0, "to start the service is no error", started.stderr)
    wait_for(lambda: show("ActiveState") != "inactive", 5)
    state = {name: show(name) for name in ("ActiveState", "ConditionResult", "NRestarts", "MainPID")}
    want = {"ActiveState": "inactive", "ConditionResult": "no", "NRestarts": "0", "MainPID": "0"}
    check(state == want, "it stays away, not failed and not tried again", state)
    told = run("journalctl", "--no-pager", "--output=cat", "--unit=trimtabd").stdout
    check(WHY in told, "the journal says why", told.strip())
    asked = run(program("trimtab"), "status", check=False)
    check(asked.returncode != 0 and WHY in asked.stderr, "and so does trimtab status", asked.stderr.strip())


def started_by_hand(check):
    result = run(program("trimtabd"), "--foreground", check=False, timeout=30)
    check(result.returncode == 0 and WHY in result.stderr, "nor does it start by hand, and says why", result.stderr.strip())
    check(weight() in (None, "100"), "nothing was changed", weight())


def left_behind(check):
    """By a daemon that was told of another command line, and was killed."""
    daemon = subprocess.Popen((program("trimtabd"),), env={**os.environ, "TRIMTAB_PROC_CMDLINE": "quiet"},
                              stderr=subprocess.DEVNULL)
    check(wait_for(lambda: weight() == "300", 60), "a change of an earlier daemon", weight())
    daemon.send_signal(signal.SIGKILL)
    daemon.wait()
    run("systemctl", "start", "trimtabd")
    check(weight() == "300" and show("ActiveState") == "inactive", "is still there: the service does not start", weight())
    run(program("trimtabd"), "--restore")
    check(weight() in (None, "100") and dropins(UNIT) == [], "trimtabd --restore puts it back", (weight(), dropins(UNIT)))


def main():
    check = Checks()
    if not check(WHY in read("/proc/cmdline").split(), "booted with trimtab=off", read("/proc/cmdline")):
        check.finish()
    install(sys.argv[1])
    rules(RULE)
    mode("enforce")
    systemd_run(UNIT, "sleep", "infinity")

    the_service_stays_away(check)
    started_by_hand(check)
    left_behind(check)
    check.finish()


if __name__ == "__main__":
    main()
