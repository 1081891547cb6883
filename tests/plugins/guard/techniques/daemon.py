#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every way out there is, under the guard of the service as it is shipped: one cgroup is refused everything, another may do what it likes.
What the guard does not cover is listed here; `trimtab guard status` has to say the same.

usage: daemon.py STAGE TECHNIQUES SPEAK   (root, in a virtual machine; the rest is what TECHNIQUES calls it with: on | off)"""
import os
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "system"))
from guest import CGROUP, Checks, install, journal, mode, rules, run, wait_for, write  # noqa: E402

POLICY = """
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

# Each with why it is beyond a guard that goes by who asks and for which address.
HOLES = (
    "another cgroup",       # root may go where it likes
    "io_uring of another",  # it is the other one that connects
)


def refused():
    """Whether a process in the cgroup is refused a connection: what counts is the effect."""
    pid = os.fork()
    if pid == 0:
        try:
            with open(CGROUP + os.environ["GUARD_CGROUP"] + "/cgroup.procs", "w", encoding="utf-8") as procs:
                procs.write("0")
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("10.77.0.2", 9))
        except PermissionError:
            os._exit(0)
        os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def switch(word):
    if word == "off":
        run("systemctl", "stop", "trimtabd")
        return 0 if not refused() else 1
    rules(POLICY.format(cgroup=os.environ["GUARD_CGROUP"], free=os.environ["GUARD_FREE"], allowed=os.environ["GUARD_ALLOWED"]))
    run("systemctl", "start", "trimtabd")
    if wait_for(refused, 60):
        return 0
    print(journal("trimtabd"), flush=True)
    return 1


def main():
    if sys.argv[1] in ("on", "off"):
        sys.exit(switch(sys.argv[1]))
    stage, techniques, speak = sys.argv[1:4]
    check = Checks()
    install(stage)
    mode("enforce")
    results = os.environ.get("TRIMTAB_RESULTS", "/tmp")
    words = [word for hole in HOLES for word in ("--hole", hole)]
    result = subprocess.run([techniques, "--guard", f"guard={sys.executable} {os.path.abspath(__file__)}", *words, "--json",
                             "/run/techniques.json", speak], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print("".join(f"# {line}\n" for line in result.stdout.splitlines()), flush=True)
    if os.path.exists("/run/techniques.json"):
        with open("/run/techniques.json", encoding="utf-8") as file:
            write(f"{results}/techniques.json", file.read())
    if not check(result.returncode == 0, "all is refused but what is known to get through"):
        print(journal("trimtabd"))
    check.finish()


if __name__ == "__main__":
    main()
