#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guard in the service as it is shipped, with all that its unit takes away, and systemd's own units before it: who may not go out does
not, seen at the other end of a wire. What it claims is what there is: with the LSM, and where the kernel was booted without BPF in its list.

usage: guard.py STAGE KNOCK lsm|no-lsm   (as root, in a machine that may be thrown away)
"""
import errno
import os
import signal
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from guest import Checks, install, journal, mode, program, read, rules, run, trimtab, wait_for, write  # noqa: E402

RULES = """
[egress]
mode = enforce
default = allow
on-exit = {on_exit}
require-coverage = lsm

[egress-rule web]
unit = web.service
allow = 10.88.1.0/24, [fd88:1::1]:443/tcp
default = deny

[egress-rule report]
unit = report.service
default = deny

[egress-rule database]
unit = database.service
listen = 5432
default = deny
"""
SCRIPT = """#!/bin/sh
{knock} once - tcp 10.88.2.1 {port}
echo $? > /run/{name}.ended
"""
TIMER = "[Timer]\nOnActiveSec=1s\nAccuracySec=100ms\nUnit=report.service\n"
SERVICE = "[Service]\nType=oneshot\nExecStart=/usr/local/bin/report\n"
# Answers whoever asks; then goes where it should not, and tells how that ended.
DATABASE = """
import os, socket
def ended(how):
    try:
        how()
        return 0
    except OSError as e:
        return e.errno
def udp():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("10.88.1.1", 702))
def listen():
    socket.create_server(("0.0.0.0", 5433))
server = socket.create_server(("0.0.0.0", 5432))
results = [ended(lambda: socket.create_connection(("10.88.1.1", 701), 5)), ended(udp),
           ended(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)), ended(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
           ended(listen)]
with open("/run/database.new", "w") as file:
    file.write(" ".join(map(str, results)))
os.rename("/run/database.new", "/run/database.ended")
while True:
    client, _ = server.accept()
    client.sendall(b"42")
    client.close()
"""
PINS = "/sys/fs/bpf/trimtab/guard"
FRAMES = "/run/frames"


def wire(knock):
    run("modprobe", "veth")
    run("ip", "netns", "add", "far")
    receiver = subprocess.Popen(["ip", "netns", "exec", "far", knock, "receive", FRAMES])
    run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", "far")
    for netns, name, end in ((["-n", "far"], "v1", 2), ([], "v0", 1)):
        run("ip", *netns, "link", "set", "lo", "up")
        run("ip", *netns, "addr", "add", f"10.87.0.{end}/24", "dev", name)
        run("ip", *netns, "addr", "add", f"fd87::{end}/64", "dev", name, "nodad")
        run("ip", *netns, "link", "set", name, "up")
    for version, net, via in (("-4", "10.88.0.0/16", "10.87.0.2"), ("-6", "fd88::/16", "fd87::2")):
        run("ip", version, "-n", "far", "route", "add", "local", net, "dev", "lo")
        run("ip", version, "route", "add", net, "via", via)
    wait_for(lambda: os.path.exists(FRAMES) and arrived(0), 20)
    return receiver


def arrived(port):
    with open(FRAMES, "rb") as file:
        file.seek(8 * port)
        return (struct.unpack("Q", file.read(8)) or (0,))[0]


def by(unit, knock, address, port, how="tcp"):
    """How a service of that name fares, which is started for it: its cgroup is new each time."""
    return run("systemd-run", "--quiet", "--wait", "--collect", f"--unit={unit}", knock, "once", "-", how, address, str(port),
               check=False).returncode


def covered():
    for row in trimtab("metrics", "guard.covered", "host"):
        return row.get("value")
    return None


def pins():
    return os.listdir(PINS) if os.path.isdir(PINS) else []


def programs():
    """Of ours, in the kernel."""
    return run("bpftool", "prog", "list", check=False).stdout.count("name guard_")


def forbidden(knock):
    return by("web.service", knock, "10.88.2.1", 700) == errno.EPERM


def a_unit_to_these(check, knock):
    before = arrived(700)
    for address, how in (("10.88.2.1", "tcp"), ("10.88.2.1", "udp"), ("fd88:2::1", "tcp"), ("::ffff:10.88.2.1", "tcp")):
        ended = by("web.service", knock, address, 700, how)
        check(ended == errno.EPERM, f"web.service may not talk to {address} by {how}", os.strerror(ended))
    check(arrived(700) == before, "and nothing arrived", arrived(700) - before)
    for address in ("10.88.1.1", "fd88:1::1"):
        before = arrived(443)
        ended = by("web.service", knock, address, 443)
        check(ended == 0 and arrived(443) > before, f"it may talk to {address}", os.strerror(ended))
    check(by("other.service", knock, "10.88.2.1", 443) == 0, "and others may do so to anybody")
    told = wait_for(lambda: "web.service" in journal("trimtabd"), 20)
    check(told, "the journal tells who was refused, though it is gone", journal("trimtabd") if not told else "")


def a_script_of_a_timer(check, knock):
    for name, port in (("report", 703), ("by-hand", 704)):
        write(f"/usr/local/bin/{name}", SCRIPT.format(knock=knock, port=port, name=name))
        os.chmod(f"/usr/local/bin/{name}", 0o755)
    write("/etc/systemd/system/report.service", SERVICE)
    write("/etc/systemd/system/report.timer", TIMER)
    run("systemctl", "daemon-reload")
    run("systemctl", "start", "report.timer")
    ended = wait_for(lambda: read("/run/report.ended"), 60)
    check(ended == str(errno.EPERM) and arrived(703) == 0, "a script run by a timer may not phone home", (ended, arrived(703)))
    run("/usr/local/bin/by-hand")
    ended = read("/run/by-hand.ended")
    check(ended == str(errno.ECONNREFUSED) and arrived(704) > 0, "the same by hand may", (ended, arrived(704)))


def a_database(check, lsm):
    write("/usr/local/lib/database.py", DATABASE)
    run("systemd-run", "--quiet", "--unit=database.service", "/usr/bin/python3", "/usr/local/lib/database.py")
    ended = (wait_for(lambda: read("/run/database.ended"), 60) or "").split()
    names = ["by TCP", "by UDP", "by a raw socket"] + (["by a packet socket", "by another port to listen at"] if lsm else [])
    for name, one in zip(names, ended):
        check(one == str(errno.EPERM), f"a database may not talk to the outside at all: {name}", os.strerror(int(one)))
    check(len(ended) == 5 and arrived(701) + arrived(702) == 0, "and nothing arrived", ended)
    if not lsm:
        check(ended[3:] == ["0", "0"], "packet sockets and listening are not covered without the LSM, as the README says", ended)
    asked = run("/usr/bin/python3", "-c", "import socket; print(socket.create_connection(('127.0.0.1', 5432)).recv(9))", check=False).stdout
    check("42" in asked, "and it answers those who ask", asked.strip())


def honest(check, lsm):
    check(wait_for(lambda: covered() is not None, 30) is not None and covered() == (1 if lsm else 0),
          "covered by the LSM, as it says" if lsm else "it does not say that it is covered by the LSM", covered())
    told = "less than require-coverage asks" in journal("trimtabd")
    check(told != lsm, "the journal says what is missing" if not lsm else "nothing is missing", journal("trimtabd") if told == lsm else "")


def lives(check, knock):
    """What outlives the daemon does so in the service, too."""
    rules(RULES.format(on_exit="keep"))
    run(program("trimtab"), "reload")
    check(wait_for(lambda: len(pins()) == 1, 20), "on-exit = keep: pinned", pins())
    first = pins()
    pid = int(run("systemctl", "show", "--value", "--property=MainPID", "trimtabd").stdout)
    os.kill(pid, signal.SIGKILL)
    check(forbidden(knock), "killed: it stays in force")
    check(wait_for(lambda: pins() and pins() != first and len(pins()) == 1, 90), "the next one has taken over", (first, pins()))
    check(forbidden(knock), "and it stays in force")
    run("systemctl", "stop", "trimtabd")
    check(forbidden(knock), "stopped: it stays in force")
    run("rm", "-r", PINS)
    check(wait_for(lambda: not forbidden(knock), 20), "its pins removed: it is gone")


def main():
    stage, knock, what = sys.argv[1:4]
    lsm = what == "lsm"
    check = Checks()
    receiver = wire(knock)
    install(stage)
    mode("enforce")
    rules(RULES.format(on_exit="open"))
    modules = read("/sys/kernel/security/lsm")
    check(("bpf" in modules.split(",")) == lsm, "the kernel's list of security modules", modules)
    check(not forbidden(knock), "what nobody forbids gets out")
    run("systemctl", "start", "trimtabd")
    check(wait_for(lambda: forbidden(knock), 60), "the policy is in force")

    honest(check, lsm)
    a_unit_to_these(check, knock)
    a_script_of_a_timer(check, knock)
    a_database(check, lsm)
    check(programs() > 0, "its programs are in the kernel", programs())
    run("systemctl", "stop", "trimtabd")
    check(not forbidden(knock) and not programs() and not pins(), "on-exit = open: a stop takes all of it down", (programs(), pins()))
    if lsm:
        run("systemctl", "start", "trimtabd")
        check(wait_for(lambda: forbidden(knock), 60), "and the next start has it again")
        lives(check, knock)
    receiver.kill()
    if check.failed:
        print(journal("trimtabd"))
    check.finish()


if __name__ == "__main__":
    main()
