#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every way out there is, under the guard of the service as it is shipped: a cgroup that is refused everything, and a program that is on a
list of what is denied.

usage: daemon.py STAGE TECHNIQUES SPEAK   (root, in a virtual machine)
       daemon.py POLICY on|off            (as TECHNIQUES calls it)"""
import errno
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "system"))
from guest import CGROUP, Checks, install, journal, mode, rules, run, wait_for  # noqa: E402

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


def refused():
    """Whether the program is refused a connection in the cgroup: what counts is the effect."""
    pid = os.fork()
    if pid == 0:
        with open(CGROUP + os.environ["GUARD_CGROUP"] + "/cgroup.procs", "w", encoding="utf-8") as procs:
            procs.write("0")
        os.execv(os.environ["GUARD_PROGRAM"], ["speak", "10.77.0.2", "9", "hello"])
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == errno.EPERM


def switch(policy, word):
    if word == "off":
        run("systemctl", "stop", "trimtabd")
        return 1 if refused() else 0
    rules(POLICIES[policy][0].format(**{name: os.environ[f"GUARD_{name.upper()}"] for name in ("cgroup", "free", "program", "allowed")}))
    run("systemctl", "start", "trimtabd")
    if wait_for(refused, 60):
        return 0
    print(journal("trimtabd"), flush=True)
    return 1


def battery(check, policy, techniques, speak):
    _, only, holes = POLICIES[policy]
    words = [word for hole in holes for word in ("--hole", hole)]
    result = subprocess.run([techniques, "--guard", f"{policy}={sys.executable} {os.path.abspath(__file__)} {policy}", "--only", only, *words,
                             speak], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print("".join(f"# {line}\n" for line in result.stdout.splitlines()), flush=True)
    if not check(result.returncode == 0, f"{policy}: all is refused but what is known to get through"):
        print(journal("trimtabd"))


def main():
    if sys.argv[1] in POLICIES:
        sys.exit(switch(*sys.argv[1:3]))
    stage, techniques, speak = sys.argv[1:4]
    check = Checks()
    install(stage)
    mode("enforce")
    for policy in POLICIES:
        battery(check, policy, techniques, speak)
    check.finish()


if __name__ == "__main__":
    main()
