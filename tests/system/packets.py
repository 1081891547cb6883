#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The xdp plugin in the service as it is shipped, with all that its unit takes away: a rule attaches the program, sets what SYN cookies
need, a route goes into a container and another to a listener; a stop takes all of it back.

usage: packets.py STAGE   (as root, in a machine that may be thrown away)
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from guest import Checks, install, journal, mode, read, rules, run, trimtab, wait_for  # noqa: E402

RULES = """
[rule always]
for = iface:v0
when = rate(xdp.packets) >= 0
hold = 0s
then = xdp.mode = flood
       xdp.syncookies @host = 2

[filter bad]
action = drop
protocol = udp
port = 5000

[route container]
vip = 192.0.2.10
protocol = tcp
port = 443
for = iface:v0
netns = web
device = c1

[route here]
vip = 192.0.2.11
protocol = tcp
port = 80
path = socket
listener = 8080
"""
SYNCOOKIES = "/proc/sys/net/ipv4/tcp_syncookies"


def link():
    run("modprobe", "veth")
    run("ip", "netns", "add", "web")
    run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
    run("ip", "link", "add", "c0", "type", "veth", "peer", "name", "c1", "netns", "web")
    for name in ("v0", "v1", "c0"):
        run("ip", "link", "set", name, "up")
    for words in (("link", "set", "c1", "up"), ("link", "set", "lo", "up"), ("addr", "add", "192.0.2.10/32", "dev", "lo")):
        run("ip", "-n", "web", *words)
    run("ip", "addr", "add", "10.9.0.1/24", "dev", "v0")
    run("ip", "addr", "add", "192.0.2.11/32", "dev", "lo")


def attached():
    xdp = json.loads(run("ip", "-json", "-details", "link", "show", "v0").stdout)[0].get("xdp")
    return xdp and xdp["prog"]["name"]


def up(name):
    for row in trimtab("metrics", "xdp.route_up"):
        if row.get("object") == f"route:{name}":
            return row.get("value")
    return None


def main():
    stage = sys.argv[1]
    check = Checks()
    before = read(SYNCOOKIES)
    link()
    listener = subprocess.Popen([sys.executable, "-c", "import socket, time; s = socket.create_server(('0.0.0.0', 8080)); time.sleep(600)"])
    install(stage)
    mode("enforce")
    rules(RULES)
    run("systemctl", "start", "trimtabd")

    check(wait_for(lambda: attached() == "trimtab_xdp", 60), "a rule attaches the program", journal("trimtabd"))
    check(wait_for(lambda: read(SYNCOOKIES) == "2", 20), "and sets what SYN cookies need", read(SYNCOOKIES))
    check(wait_for(lambda: up("container") == 1, 30), "a route goes into a container", trimtab("metrics", "xdp.route_up"))
    check(wait_for(lambda: up("here") == 1, 30), "and one to a listener", trimtab("metrics", "xdp.route_up"))
    run("systemctl", "stop", "trimtabd")
    check(attached() is None, "a stop detaches it", attached())
    check(read(SYNCOOKIES) == before, "and puts the setting back", read(SYNCOOKIES))
    net = json.loads(run("bpftool", "-j", "net", check=False).stdout or "[{}]")
    check(not any(net[0].get(kind) for kind in ("xdp", "tc")), "nothing of it is left on any interface", net)
    listener.kill()
    if check.failed:
        print(journal("trimtabd"))
    check.finish()


if __name__ == "__main__":
    main()
