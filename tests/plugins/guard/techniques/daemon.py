#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every way out there is, under the guard of a daemon: a cgroup that is refused everything, and a program that is on a list of what is denied.

usage: daemon.py [--scope] [--no-lsm] TRIMTABD TRIMTAB GUARD.so TECHNIQUES SPEAK   (root)
       daemon.py POLICY on|off   (as TECHNIQUES calls it)

--scope: what is not of this test is left alone; else the whole machine is guarded. --no-lsm: by the cgroup hooks alone."""
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

WAIT = 60

# Policies, each with what it has to let through. What `trimtab guard status` says of its holes has to be the same.
REFUSED = """
[egress]
mode = enforce
default = deny
on-exit = open

[egress-rule free]
cgroup = {free}
allow = any, any/raw, any/packet

[egress-rule refused]
cgroup = {cgroup}
default = deny
listen = 0

[egress-rule one-that-may]
exe = {allowed}
allow = any
"""
REFUSED_HOLES = (
    "another cgroup",       # root may go where it likes
    "io_uring of another",  # it is the other one that connects
)

DENY_LIST = """
[egress]
mode = enforce
default = allow
on-exit = open

[egress-rule forbidden]
exe = {program}
default = deny
"""
# By any name it is the same file; a copy is not, and neither is it what is started by the linker or seen through an overlay.
DENY_LIST_ONLY = "@(program|argv?0?|symbolic link|hard link|renamed|bind mount|copied|unlinked|memfd|ld.so|overlay)"
DENY_LIST_HOLES = ("copied", "unlinked", "memfd", "ld.so", "overlay")

POLICIES = {"refused": (REFUSED, "*", REFUSED_HOLES), "deny-list": (DENY_LIST, DENY_LIST_ONLY, DENY_LIST_HOLES)}




def cgroup_root():
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        return next(line.split()[1] for line in mounts if line.split()[2] == "cgroup2")


def refused():
    """Whether the program is refused a connection in the cgroup: what counts is the effect."""
    pid = os.fork()
    if pid == 0:
        with open(cgroup_root() + os.environ["GUARD_CGROUP"] + "/cgroup.procs", "w", encoding="utf-8") as procs:
            procs.write("0")
        os.execv(os.environ["GUARD_PROGRAM"], ["speak", "10.77.0.2", "9", "hello"])
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == errno.EPERM


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def on(policy, setting):
    folder = setting["dir"]
    base = cgroup_root() + os.path.dirname(os.environ["GUARD_CGROUP"])
    write(f"{folder}/trimtab.conf", "[daemon]\ntick = 200ms\n[plugin guard]\n" + (f"cgroup = {base}\n" if setting["scope"] else "") +
          ("" if setting["lsm"] else "lsm = no\n") + f"learnt = {folder}/learnt\n")
    write(f"{folder}/rules/50-policy.conf",
          POLICIES[policy][0].format(**{name: os.environ[f"GUARD_{name.upper()}"] for name in ("cgroup", "free", "program", "allowed")}))
    with open(f"{folder}/log", "w", encoding="utf-8") as log:
        daemon = subprocess.Popen([setting["trimtabd"], "--config", f"{folder}/trimtab.conf", "--rules", f"{folder}/rules", "--plugins",
                                   f"{folder}/plugins", "--runtime-dir", f"{folder}/run", "--mode", "enforce"], stdout=log, stderr=log)
    write(f"{folder}/pid", str(daemon.pid))
    end = time.monotonic() + WAIT
    while time.monotonic() < end and daemon.poll() is None:
        if refused():
            daemon.returncode = 0  # it goes on without us
            return 0
        time.sleep(0.1)
    with open(f"{folder}/log", encoding="utf-8") as log:
        print(log.read(), flush=True)
    daemon.kill()
    return 1


def off(setting):
    with open(f"{setting['dir']}/pid", encoding="utf-8") as file:
        os.kill(int(file.read()), signal.SIGTERM)
    end = time.monotonic() + WAIT
    while refused():
        if time.monotonic() > end:
            return 1
        time.sleep(0.1)
    return 0


def battery(policy, techniques, speak):
    _, only, holes = POLICIES[policy]
    words = [word for hole in holes for word in ("--hole", hole)]
    print(f"# {policy}", flush=True)
    return subprocess.run([techniques, "--guard", f"{policy}={sys.executable} {os.path.abspath(__file__)} {policy}", "--only", only, *words,
                           speak]).returncode


def main():
    if len(sys.argv) == 3 and sys.argv[1] in POLICIES:
        setting = json.loads(os.environ["GUARD_SETTING"])
        sys.exit(on(sys.argv[1], setting) if sys.argv[2] == "on" else off(setting))
    options = [word for word in sys.argv[1:] if word.startswith("--")]
    trimtabd, _, plugin, techniques, speak = [os.path.abspath(word) for word in sys.argv[1:] if not word.startswith("--")]
    if os.geteuid() != 0:
        print("skipped: a guard takes root")
        sys.exit(77)
    folder = tempfile.mkdtemp(prefix="trimtab-test-")
    try:
        for name in ("rules", "plugins"):
            os.mkdir(f"{folder}/{name}")
        shutil.copy(plugin, f"{folder}/plugins/guard.so")
        os.environ["GUARD_SETTING"] = json.dumps({"dir": folder, "trimtabd": trimtabd, "scope": "--scope" in options,
                                                  "lsm": "--no-lsm" not in options})
        results = [battery(policy, techniques, speak) for policy in POLICIES]
        with open(f"{folder}/log", encoding="utf-8") as log:
            print("".join(f"# {line}" for line in log) if any(results) else "", end="", flush=True)
        sys.exit(any(results))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
