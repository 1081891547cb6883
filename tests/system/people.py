#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may do what over the system bus, with a real polkit: everybody may read and record; to change things is for root, and
for whom polkit allows.

usage: people.py STAGE   (as root, in a machine that may be thrown away)
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from guest import Checks, install, journal, mode, program, rules, run, systemd_run, trimtab, wait_for, write  # noqa: E402

POLKITD = "/usr/lib/polkit-1/polkitd"
UID = 4711 # nobody's on any machine that lends its root file system
NOBODY = 65534
OBJECT = "cgroup:/system.slice/web.service"
RULE = f"""
[rule always]
for = {OBJECT}
when = last(cgroup.cpu_some) >= 0%
hold = 0s
then = cpu.weight = 300
"""
ALLOW = """polkit.addRule(function(action, subject) {
        if (action.id == "org.trimtab.pause" && subject.user == "tester")
                return polkit.Result.YES;
});
"""
RULES_OF_POLKIT = "/etc/polkit-1/rules.d/10-trimtab.rules"


def as_user(uid, *words):
    return run(program("trimtab"), *words, check=False, user=uid, group=uid, extra_groups=[], cwd="/", stdin=0)


def paused():
    return trimtab("status")["paused"]


def state_of(status):
    return {key: status[key] for key in ("paused", "mode", "changed")}


def told(result):
    return result.stderr.strip()


def readers(check):
    for words in (("status",), ("rules",), ("log",), ("explain", OBJECT), ("knobs", "cpu.weight"), ("metrics",)):
        result = as_user(UID, "--json", *words)
        check(result.returncode == 0 and json.loads(result.stdout), f"a user may ask for {words[0]}", told(result))
    recording = "/tmp/user.recording"
    result = as_user(UID, "record", "-o", recording, "--for", "3s", "--metrics", "cgroup.*")
    check(result.returncode == 0 and os.path.getsize(recording) > 0, "and record, over the bus", result.stdout.strip() + told(result))
    replayed = as_user(UID, "simulate", "--recording", recording, "--rules", "/etc/trimtab/rules.d")
    check(replayed.returncode == 0 and "always" in replayed.stdout, "what can be replayed", told(replayed))
    by_root = run(program("trimtab"), "record", "-o", "/tmp/root.recording", "--for", "3s", check=False)
    check(by_root.returncode == 0 and os.path.getsize("/tmp/root.recording") > 0, "root records, too", by_root.stdout.strip() + told(by_root))


CHANGES = (("pause",), ("resume",), ("revert", "--all"), ("reload",), ("mode", "observe"))


def refused(check, uid, whose):
    before = trimtab("status")
    for words in CHANGES:
        result = as_user(uid, *words)
        check(result.returncode != 0 and told(result), f"{whose} may not {words[0]}", told(result))
    after = trimtab("status")
    check(state_of(after) == state_of(before), "and nothing came of it", state_of(after))


def allowed(check):
    write(RULES_OF_POLKIT, ALLOW)
    os.chmod(os.path.dirname(RULES_OF_POLKIT), 0o755)
    os.chmod(RULES_OF_POLKIT, 0o644)
    check(wait_for(lambda: as_user(UID, "pause").returncode == 0, 30, 1), "a user whom a rule of polkit allows may pause",
          told(as_user(UID, "pause")))
    check(paused() is True, "and it is paused")
    result = as_user(UID, "resume")
    check(result.returncode != 0 and paused() is True, "that is no leave to resume", told(result))
    check(as_user(NOBODY, "pause").returncode != 0, "nor for anybody else to pause")
    run(program("trimtab"), "resume")
    check(paused() is False, "root may")


def without_polkit(check):
    run("systemctl", "mask", "--runtime", "--now", "polkit.service")
    result = as_user(UID, "pause")
    check(result.returncode != 0 and "only root" in told(result) and paused() is False, "without polkit nobody but root may", told(result))
    run(program("trimtab"), "pause")
    check(paused() is True, "who asks nobody")


def main():
    if not os.path.exists(POLKITD):
        print(f"no polkit here: {POLKITD} (the package polkitd)")
        sys.exit(77)

    check = Checks()
    write("/etc/passwd", open("/etc/passwd", encoding="utf-8").read() + f"tester:x:{UID}:{UID}::/:/bin/sh\n")
    install(sys.argv[1])
    rules(RULE)
    mode("enforce")
    systemd_run("web.service", "sleep", "infinity")
    run("systemctl", "start", "trimtabd")
    run("systemctl", "start", "polkit")
    check(wait_for(lambda: trimtab("status")["changed"] == 1, 40), "a daemon that holds a knob", state_of(trimtab("status")))

    readers(check)
    refused(check, UID, "a user whom nobody has authorised")
    allowed(check)
    without_polkit(check)
    if check.failed:
        print(journal("trimtabd"), journal("polkit"))
    check.finish()


if __name__ == "__main__":
    main()
