#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the daemon tells as a service, with systemd as PID 1: advice names the unit and the command that would do it, and that
command does it; each decision is one structured entry of the journal, under the same ID as in `trimtab log`, `explain` and
`revert`; pause and resume hold for the service.

usage: telling.py STAGE LOAD   (as root, in a machine that may be thrown away)
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from guest import Checks, cgroup_file, dropins, install, journal, program, rules, run, systemd_run, trimtab, wait_for  # noqa: E402

UNIT = "web.service"
OBJECT = f"cgroup:/system.slice/{UNIT}"
CHANGED, RESTORED, ADVISED = ("48aff52764fb4047bc88b4e2c144c661", "ca71299a6e5641c89c3cd2cfab40ec39",
                              "fca2d925d5c04df58e8c90eee257bc30")
RULE = f"""
[rule busy]
for = {OBJECT}
when = rate(cgroup.cpu_usage) > 5%
hold = 1s
then = cpu.weight = 150
until = rate(cgroup.cpu_usage) < 1%
"""


def weight():
    return cgroup_file(UNIT, "cpu.weight")


def untouched():
    try:
        return weight() in ("100", None) and dropins(UNIT) == []
    except FileNotFoundError: # systemd takes the folder away just now
        return False


def entries(message_id):
    text = run("journalctl", "--output=json", "--no-pager", "_COMM=trimtabd", f"MESSAGE_ID={message_id}", check=False).stdout
    return [json.loads(line) for line in text.splitlines()]


def catalogued():
    run("journalctl", "--update-catalog", check=False)
    return run("journalctl", "--no-pager", "-x", f"MESSAGE_ID={CHANGED}", check=False).stdout


def advice(check):
    check(wait_for(lambda: entries(ADVISED), 40), "advice is in the journal", journal("trimtabd"))
    entry = entries(ADVISED)[0]
    want = f"systemctl set-property --runtime {UNIT} CPUWeight=150"
    check(entry.get("TRIMTAB_APPLY") == want, "with the command by which it could be done", entry.get("TRIMTAB_APPLY"))
    check(entry.get("TRIMTAB_UNIT") == UNIT and entry.get("TRIMTAB_OUTCOME") == "advised", "unit and outcome", entry)
    check(untouched(), "and nothing is done", weight())
    subprocess.run(entry["TRIMTAB_APPLY"], shell=True, check=True)
    check(wait_for(lambda: weight() == "150", 10), "the command does it", weight())
    subprocess.run(want.replace("=150", "="), shell=True, check=True)
    run("rm", "-rf", f"/run/systemd/transient/{UNIT}.d/50-CPUWeight.conf", f"/run/systemd/system.control/{UNIT}.d/50-CPUWeight.conf")
    run("systemctl", "daemon-reload")


def records(check):
    run(program("trimtab"), "mode", "enforce", "--permanent")
    check(wait_for(lambda: weight() == "150", 40), "the rule acts in mode enforce", weight())
    check(wait_for(lambda: entries(CHANGED), 10), "the change is in the journal")
    entry = entries(CHANGED)[-1]
    event = [e for e in trimtab("log") if e["kind"] == "changed"][-1]
    want = {"TRIMTAB_RULE": "busy", "TRIMTAB_OBJECT": OBJECT, "TRIMTAB_UNIT": UNIT, "TRIMTAB_KNOB": "cpu.weight",
            "TRIMTAB_NEW": "150", "TRIMTAB_METRIC": "rate(cgroup.cpu_usage)", "TRIMTAB_THRESHOLD": "5%",
            "TRIMTAB_OUTCOME": "done", "TRIMTAB_DECISION": str(event["decision"]), "PRIORITY": "5"}
    check({k: entry.get(k) for k in want} == want, "with every field", {k: entry.get(k) for k in want})
    check(entry.get("TRIMTAB_VALUE", "").endswith("%"), "and the value measured", entry.get("TRIMTAB_VALUE"))
    check(f"trimtab revert {event['decision']}" in catalogued(), "journalctl -x says how to undo it")
    value = trimtab("explain", "cpu.weight", OBJECT)["values"][0]
    check(value["last"][0]["decision"] == event["decision"], "explain has the same ID", value["last"])
    return str(event["decision"])


def brakes(check):
    run(program("trimtab"), "pause")
    run("systemctl", "stop", UNIT)
    check(trimtab("status")["paused"] is True, "paused")
    run(program("trimtab"), "resume")
    check(wait_for(lambda: trimtab("status")["changed"] == 0, 40), "let go after resume", trimtab("status"))
    check(trimtab("status")["mode"] == "enforce" and os.path.exists("/etc/trimtab/trimtab.conf.d/90-mode.conf"), "the mode is kept")
    condition = run("systemctl", "show", "--value", "--property=ConditionResult", "trimtabd").stdout.strip()
    check(condition == "yes", "the unit's condition on the kernel's command line was looked at", condition)


def reverted(check, decision):
    run(program("trimtab"), "revert", decision)
    check(wait_for(untouched, 20), "revert by that ID undoes it", weight())
    check(wait_for(lambda: entries(RESTORED), 10), "which the journal has, too")


def main():
    stage, load = sys.argv[1:3]
    check = Checks()
    install(stage)
    rules(RULE)
    systemd_run(UNIT, load, "hog", "1", "1")
    run("systemctl", "start", "trimtabd")

    advice(check)
    decision = records(check)
    reverted(check, decision)
    brakes(check)
    if check.failed:
        print(journal("trimtabd"))
    check.finish()


if __name__ == "__main__":
    main()
