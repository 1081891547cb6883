#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every way out there is, under the guard of a daemon: a cgroup that is refused everything, and a program that is on a list of what is denied.

usage: daemon.py [--scope] [--no-lsm] TRIMTABD TRIMTAB GUARD.so TECHNIQUES SPEAK   (root)
       daemon.py POLICY on|off   (as TECHNIQUES calls it)

--scope: what is not of this test is left alone; else the whole machine is guarded. --no-lsm: by the cgroup hooks alone."""
import errno
import fnmatch
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

WAIT = 60

# Policies, each with what gets through all the same, each of which is seen to.
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
    "another cgroup",         # root may go where it likes
    "io_uring of another",    # it is the other one that connects
    "inherited *connected",   # connected when there was no policy yet
    "inherited tcp, s*",      # the same, by sendfile and splice
    "pidfd_getfd*connected",  # the same
    "accept inherited",       # who is reached may answer
    "udp bind",               # nothing is looked at of UDP that comes in
    "sctp connectx",
    "udp source route, second",  # to loopback, which is let through, by way of where nobody may go: the kernel asks about the first message
    "bound loopback*",        # to loopback, by another interface
    "xdp socket*",            # a family that is none of those that are looked at
)
# Without the LSM: what has been connected by others, what is below IP, who listens, and routes that come with a message or by a 32-bit system call.
CGROUP_HOLES = ("packet *", "inherited raw", "passed*connected", "listen*", "sctp*", "l2tp", "*route, message", "*route, 32 bits")

# Which line of `trimtab guard status` speaks of a technique: the first pattern that matches it.
BEFORE, OTHERS = "connections and listeners from before the policy", "connected and raw sockets of others, inherited or passed"
LINES = (
    ("inherited *connected", BEFORE), ("inherited tcp, s*", BEFORE), ("pidfd_getfd*connected", BEFORE), ("accept inherited", BEFORE),
    ("passed*connected", OTHERS), ("inherited raw", OTHERS),
    ("*route, message", "source and segment routes by control message"),
    ("*route, second", "source and segment routes by sendmmsg, from the second message on"),
    ("*route, 32 bits", "source and segment routes by setsockopt of 32-bit programs"),
    ("*route*", "source and segment routes by setsockopt"),
    ("bound loopback*", "loopback addresses by another interface"),
    ("listen*", "listening"), ("packet *", "packet sockets"), ("udp bind", "UDP that comes in"),
    ("sctp connectx", "SCTP, several addresses at once"), ("sctp*", "SCTP and L2TP sockets"), ("l2tp", "SCTP and L2TP sockets"),
    ("xdp socket*", "XDP, vsock, Bluetooth, CAN and other families"),
    ("io_uring of another", "io_uring of another process"), ("another cgroup", "moving to another cgroup"),
    ("raw*", "raw sockets"), ("ping*", "ping sockets"), ("*fast open*", "TCP fast open"), ("io_uring send*", "io_uring sendmsg"),
    ("io_uring*", "io_uring connect"), ("mptcp*", "MPTCP"), ("*::ffff:", "::ffff: addresses"),
    ("udp connect*", "UDP connect"), ("udp second connect", "UDP connect"), ("udp AF_UNSPEC first", "UDP connect"),
    ("udp*", "UDP sendto, sendmsg, sendmmsg"), ("*", "TCP connect, blocking or not"),
)
UNTRIED = {"what the kernel sends for others"}

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


def told(program):
    """The errno with which the program's connection ends in the cgroup: what counts is the effect. Nobody listens there."""
    pid = os.fork()
    if pid == 0:
        with open(cgroup_root() + os.environ["GUARD_CGROUP"] + "/cgroup.procs", "w", encoding="utf-8") as procs:
            procs.write("0")
        os.execv(program, ["speak", "10.77.0.2", "9", "hello"])
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def refused():
    return told(os.environ["GUARD_PROGRAM"]) == errno.EPERM


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
    with open(f"{folder}/log", "a", encoding="utf-8") as log:
        daemon = subprocess.Popen([setting["trimtabd"], "--config", f"{folder}/trimtab.conf", "--rules", f"{folder}/rules", "--plugins",
                                   f"{folder}/plugins", "--runtime-dir", f"{folder}/run", "--mode", "enforce"], stdout=log, stderr=log)
    write(f"{folder}/pid", str(daemon.pid))
    end = time.monotonic() + WAIT
    while time.monotonic() < end and daemon.poll() is None:
        if refused():
            daemon.returncode = 0  # it goes on without us
            with open(f"{folder}/status", "w", encoding="utf-8") as file:
                subprocess.run([setting["trimtab"], "--runtime-dir", f"{folder}/run", "guard", "status", "--json"], stdout=file, check=False)
            allowed = told(os.environ["GUARD_ALLOWED"])
            if allowed != errno.ECONNREFUSED:
                print(f"not allowed what it may: {os.strerror(allowed)}", flush=True)
            return 0 if allowed == errno.ECONNREFUSED else 1
        time.sleep(0.1)
    with open(f"{folder}/log", encoding="utf-8") as log:
        print(log.read(), flush=True)
    daemon.kill()
    return 1


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def off(setting):
    with open(f"{setting['dir']}/pid", encoding="utf-8") as file:
        pid = int(file.read())
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + WAIT
    while lives(pid) and time.monotonic() < end:
        time.sleep(0.1)
    return 1 if lives(pid) or refused() else 0


def line_of(technique):
    return next(line for pattern, line in LINES if fnmatch.fnmatchcase(technique, pattern))


def disagreements(policy, setting):
    """Between what got through and what the guard says of itself."""
    with open(f"{setting['dir']}/status", encoding="utf-8") as file:
        covered = {line["technique"]: line["covered"] for line in json.load(file)["coverage"]}
    with open(f"{setting['dir']}/results", encoding="utf-8") as file:
        tried = [(row["technique"], row[policy]["arrived"]) for row in json.load(file) if row["had"]]
    known = {line for _, line in LINES} | UNTRIED
    said = [f"no line of the guard's own: {line}" for line in known - set(covered)] + [f"not tried: {line}" for line in set(covered) - known]
    for technique, arrived in tried:
        if arrived and covered.get(line_of(technique)):
            said.append(f"{technique} got through, and the guard says that it covers: {line_of(technique)}")
    for line in {line_of(technique) for technique, _ in tried} & set(covered):
        if not covered[line] and not any(arrived for technique, arrived in tried if line_of(technique) == line):
            said.append(f"nothing got through, and the guard says that something does: {line}")
    return said


def battery(policy, setting, techniques, speak):
    _, only, holes = POLICIES[policy]
    if policy == "refused" and not setting["lsm"]:
        holes += CGROUP_HOLES
    words = [word for hole in holes for word in ("--hole", hole)]
    print(f"# {policy}", flush=True)
    result = subprocess.run([techniques, "--guard", f"{policy}={sys.executable} {os.path.abspath(__file__)} {policy}", "--only", only, *words,
                             "--json", f"{setting['dir']}/results", speak], check=False).returncode
    if policy != "refused" or not os.path.exists(f"{setting['dir']}/results"):
        return result
    said = disagreements(policy, setting)
    print("".join(f"{line}\n" for line in said) or "what the guard says of its holes is what there is\n", end="", flush=True)
    return result or bool(said)


def main():
    if len(sys.argv) == 3 and sys.argv[1] in POLICIES:
        setting = json.loads(os.environ["GUARD_SETTING"])
        sys.exit(on(sys.argv[1], setting) if sys.argv[2] == "on" else off(setting))
    options = [word for word in sys.argv[1:] if word.startswith("--")]
    trimtabd, trimtab, plugin, techniques, speak = [os.path.abspath(word) for word in sys.argv[1:] if not word.startswith("--")]
    if os.geteuid() != 0:
        print("skipped: a guard takes root")
        sys.exit(77)
    folder = tempfile.mkdtemp(prefix="trimtab-test-")
    try:
        for name in ("rules", "plugins"):
            os.mkdir(f"{folder}/{name}")
        shutil.copy(plugin, f"{folder}/plugins/guard.so")
        setting = {"dir": folder, "trimtabd": trimtabd, "trimtab": trimtab, "scope": "--scope" in options, "lsm": "--no-lsm" not in options}
        os.environ["GUARD_SETTING"] = json.dumps(setting)
        results = [battery(policy, setting, techniques, speak) for policy in POLICIES]
        with open(f"{folder}/log", encoding="utf-8") as log:
            print("".join(f"# {line}" for line in log) if any(results) else "", end="", flush=True)
        sys.exit(any(results))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
