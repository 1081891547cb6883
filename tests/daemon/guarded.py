# SPDX-License-Identifier: LGPL-2.1-or-later
"""A daemon with the guard plugin, in a network of the test's own, that judges what is in a cgroup of the test's own: web.service and
other.service. 10.88.0.0/16 and fd88::/16 are behind a wire, at whose other end it is seen what arrives. By the cgroup hooks, or with
TRIMTAB_GUARD_LSM, in a machine of the test's own, by all there are. argv: TRIMTABD TRIMTAB GUARD.so KNOCK [TEST...]"""
import errno
import os
import shutil
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

KNOCK = sys.argv[4]
LSM = "TRIMTAB_GUARD_LSM" in os.environ
ALLOWED, FORBIDDEN = 443, 666  # the ports of knock.c's


def run(*words, check=True):
    return subprocess.run(words, check=check, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def enter_own_network():
    """This program once more, where no interface but its own is in sight; or says why not, and skips."""
    if os.geteuid() != 0:
        print("skipped: a guard takes root")
        sys.exit(77)
    if "TRIMTAB_OWN_NETWORK" not in os.environ:
        os.environ["TRIMTAB_OWN_NETWORK"] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])


def cgroup_root():
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            if line.split()[2] == "cgroup2":
                return line.split()[1]
    print("skipped: no cgroup v2 here")
    sys.exit(77)


enter_own_network()
import bpffs  # noqa: E402
from plants import PlantCase, wait_for  # noqa: E402

bpffs.enter()
ROOT = cgroup_root()
SLICE = f"/trimtab-test-{os.getpid()}.slice"
PINS = f"/sys/fs/bpf/trimtab-test-{os.getpid()}"

# What both of two policies say that differ in the rest.
POLICY = """
[egress]
mode = {mode}
default = allow
on-exit = {on_exit}

[egress-rule web]
unit = web.service
allow = 10.88.1.0/24, fd88:1::/32
deny = 10.88.2.0/24
default = deny
log = {log}
"""


def policy(mode="enforce", on_exit="open", log="first", more=""):
    return POLICY.format(mode=mode, on_exit=on_exit, log=log) + more


class GuardCase(PlantCase):
    def setUp(self):
        super().setUp()
        os.unlink(f"{self.dir}/rules/50-level.conf")
        for name in ("web.service", "other.service"):
            os.makedirs(ROOT + SLICE + "/" + name)
        self.clients = []
        self.make_wire()
        self.configure()

    def tearDown(self):
        for client in self.clients:
            self.end(client)
        super().tearDown()
        run("ip", "link", "del", "v0", check=False)
        shutil.rmtree(PINS, ignore_errors=True)
        for path in [f"{ROOT}{SLICE}/{name}" for name in os.listdir(ROOT + SLICE) if name.endswith(".service")] + [ROOT + SLICE]:
            os.rmdir(path)

    def configure(self, *options, tick="200ms"):
        self.write("trimtab.conf", f"[daemon]\ntick = {tick}\n[plugin guard]\ncgroup = {ROOT}{SLICE}\npins = {PINS}\n"
                   f"learnt = {self.dir}/learnt.conf\n" + ("" if LSM else "lsm = no\n") + "".join(f"{option}\n" for option in options))

    def make_wire(self):
        self.far = subprocess.Popen(["unshare", "--net", KNOCK, "receive", f"{self.dir}/frames"])
        self.clients.append(self.far)
        self.assertTrue(wait_for(lambda: os.path.exists(f"{self.dir}/frames") and self.arrived(0)))
        far = ["nsenter", f"--net=/proc/{self.far.pid}/ns/net"]
        run("ip", "link", "set", "lo", "up")
        run(*far, "ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", str(self.far.pid))
        for netns, name, end in (([], "v0", 1), (far, "v1", 2)):
            run(*netns, "ip", "addr", "add", f"10.87.0.{end}/24", "dev", name)
            run(*netns, "ip", "addr", "add", f"fd87::{end}/64", "dev", name, "nodad")
            run(*netns, "ip", "link", "set", name, "up")
        for version, net, via in (("-4", "10.88.0.0/16", "10.87.0.2"), ("-6", "fd88::/16", "fd87::2")):
            run(*far, "ip", version, "route", "add", "local", net, "dev", "lo")
            run("ip", version, "route", "add", net, "via", via)

    # What is seen.

    def numbers(self, name, count, at=0):
        with open(f"{self.dir}/{name}", "rb") as file:
            file.seek(8 * at)
            data = file.read(8 * count)
        return struct.unpack(f"{count}Q", data) if len(data) == 8 * count else (0,) * count

    def arrived(self, port):
        """Frames that came out of the wire for that port."""
        return self.numbers("frames", 1, port)[0]

    def let_all_arrive(self, port):
        """Until what is under way is there."""
        def is_still():
            before = self.arrived(port)
            time.sleep(0.5)
            return self.arrived(port) == before

        self.assertTrue(wait_for(is_still))

    def metric(self, name, obj):
        for row in self.ask("metrics", f"guard.{name}", obj) or []:
            return row.get("value")
        return None

    def mode(self):
        for row in self.ask("knobs", "guard.mode", "host") or []:
            return row.get("value")
        return None

    # What is done.

    def knock(self, address, port=ALLOWED, unit="web.service", how="tcp"):
        return subprocess.run([KNOCK, "once", f"{ROOT}{SLICE}/{unit}", how, address, str(port)]).returncode

    def assert_let(self, address, port=ALLOWED, **which):
        before = self.arrived(port)
        error = self.knock(address, port, **which)
        self.assertIn(error, (0, errno.ECONNREFUSED), f"{address}: {os.strerror(error)}\n{self.said()}")
        self.assertTrue(wait_for(lambda: self.arrived(port) > before), f"{address}: nothing arrived")

    def assert_refused(self, address, port=FORBIDDEN, **which):
        before = self.arrived(port)
        error = self.knock(address, port, **which)
        self.assertEqual(error, errno.EPERM, f"{address}: {os.strerror(error)}\n{self.said()}")
        self.assertEqual(self.arrived(port), before, f"{address}: refused, and arrived")

    def client(self, *words, unit="web.service", **options):
        """A program in that unit, until the test ends it."""
        def enter():
            with open(f"{ROOT}{SLICE}/{unit}/cgroup.procs", "w", encoding="utf-8") as procs:
                procs.write("0")

        client = subprocess.Popen(words, preexec_fn=enter, **options)
        self.clients.append(client)
        return client

    def end(self, client):
        client.kill()
        client.wait()

    def hammer(self, per_second=2000):
        client = subprocess.Popen([KNOCK, "hammer", f"{ROOT}{SLICE}/web.service", f"{self.dir}/asked", str(per_second)])
        self.clients.append(client)
        self.assertTrue(wait_for(lambda: os.path.exists(f"{self.dir}/asked") and self.asked()["allowed"] > 10), self.said())
        return client

    def asked(self):
        return dict(zip(("allowed", "failed", "failed_errno", "forbidden", "through", "through_errno"), self.numbers("asked", 6)))

    def reload(self, text, *options):
        self.write("rules/10-policy.conf", text)
        return self.command("reload", *options)

    def begin(self, text, daemon_mode="enforce"):
        self.write("rules/10-policy.conf", text)
        return self.start(daemon_mode)

    def begin_enforcing(self, text):
        """With the policy in force: a start() may be over before that."""
        daemon = self.begin(text)
        self.assertTrue(wait_for(lambda: self.knock("10.88.2.1", FORBIDDEN) == errno.EPERM), self.said())
        self.assert_let("10.88.1.1")  # by the time that has been seen to arrive all that came before it has
        return daemon


__all__ = ["ALLOWED", "FORBIDDEN", "GuardCase", "KNOCK", "LSM", "PINS", "ROOT", "SLICE", "policy", "run", "wait_for"]
