#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Learns what real services do, for as long as you like, and then enforces it: a PostgreSQL that follows another one, and a shell script
that asks the database, two web pages and a log server. In network namespaces and a cgroup of its own; by hand, as it takes its time.

    learn.py TRIMTABD TRIMTAB GUARD.so SECONDS"""
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time

TRIMTABD, TRIMTAB, GUARD = (os.path.abspath(path) for path in sys.argv[1:4])
SECONDS = int(sys.argv[4])
AFTER = 120  # under enforce
PID = os.getpid()
SERVER, CLIENT = f"trimtab-s-{PID}", f"trimtab-c-{PID}"
POSTGRES = "/usr/lib/postgresql/15/bin"
AS_POSTGRES = ("runuser", "-u", "postgres", "--")

# What is wrong is a line in the file `failed`.
APP = """
while :; do
    psql -qh 10.77.0.1 -U postgres -c "insert into ticks values (now())" >/dev/null || echo "psql $(date)" >>$1
    curl -sfm 5 http://10.77.0.1:8080/ >/dev/null || echo "curl $(date)" >>$1
    curl -sgfm 5 'http://[fd77::1]:8080/' >/dev/null || echo "curl6 $(date)" >>$1
    logger -n 10.77.0.1 -P 5140 -d tick 2>>$1 || echo "logger $(date)" >>$1
    sleep 2
done
"""


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **options).stdout


def unified():
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        return next(line.split()[1] for line in mounts if line.split()[2] == "cgroup2")


class Stage:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="trimtab-learn-")
        os.chmod(self.dir, 0o755)
        self.slice = f"{unified()}/trimtab-learn-{PID}.slice"
        self.running = []

    def write(self, name, text):
        os.makedirs(os.path.dirname(f"{self.dir}/{name}"), exist_ok=True)
        with open(f"{self.dir}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def network(self):
        for netns in (SERVER, CLIENT):
            run("ip", "netns", "add", netns)
            run("ip", "-n", netns, "link", "set", "lo", "up")
        run("ip", "link", "add", "eth0", "netns", SERVER, "type", "veth", "peer", "name", "eth0", "netns", CLIENT)
        for netns, last in ((SERVER, 1), (CLIENT, 2)):
            run("ip", "-n", netns, "address", "add", f"10.77.0.{last}/24", "dev", "eth0")
            run("ip", "-n", netns, "address", "add", f"fd77::{last}/64", "dev", "eth0", "nodad")
            run("ip", "-n", netns, "link", "set", "eth0", "up")

    def begin(self, netns, unit, *command):
        """In a cgroup, where a unit is named; the process."""
        command = ("ip", "netns", "exec", netns, *command)  # which hides cgroups
        if unit:
            where = f"{self.slice}/{unit}"
            os.makedirs(where, exist_ok=True)
            command = ("sh", "-c", f'echo 0 >{where}/cgroup.procs && exec "$@"', "sh", *command)
        process = subprocess.Popen(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.running.append(process)
        return process

    def servers(self):
        data = f"{self.dir}/primary"
        os.makedirs(data)
        shutil.chown(data, "postgres")
        run(*AS_POSTGRES, f"{POSTGRES}/initdb", "-D", data, "-A", "trust")
        with open(f"{data}/pg_hba.conf", "a", encoding="utf-8") as hba:
            hba.write("host all all 10.77.0.0/24 trust\nhost replication all 10.77.0.0/24 trust\n")
        self.begin(SERVER, None, *AS_POSTGRES, f"{POSTGRES}/postgres", "-D", data, "-c", "listen_addresses=10.77.0.1", "-k", self.sockets())
        for address in ("10.77.0.1", "fd77::1"):
            self.begin(SERVER, None, sys.executable, "-m", "http.server", "-b", address, "8080")
        for _ in range(60):
            with contextlib.suppress(subprocess.CalledProcessError):
                self.psql("create table ticks (at timestamptz)")
                return
            time.sleep(1)
        sys.exit("the database does not start")

    def sockets(self):
        path = f"{self.dir}/sockets"
        os.makedirs(path, exist_ok=True)
        shutil.chown(path, "postgres")
        return path

    def psql(self, query, netns=CLIENT, host="10.77.0.1"):
        return run("ip", "netns", "exec", netns, "psql", "-Atqh", host, "-U", "postgres", "-c", query, stderr=subprocess.DEVNULL).strip()

    def follower(self):
        data = f"{self.dir}/follower"
        if not os.path.exists(data):
            run("ip", "netns", "exec", CLIENT, *AS_POSTGRES, f"{POSTGRES}/pg_basebackup", "-h", "10.77.0.1", "-D", f"{self.sockets()}/base", "-R")
            os.rename(f"{self.dir}/sockets/base", data)
        os.makedirs(f"{self.dir}/sockets/2", exist_ok=True)
        shutil.chown(f"{self.dir}/sockets/2", "postgres")
        return self.begin(CLIENT, "follower.service", *AS_POSTGRES, f"{POSTGRES}/postgres", "-D", data, "-c", "listen_addresses=", "-k",
                          f"{self.dir}/sockets/2")

    def ticks(self, host="10.77.0.1"):
        return int(self.psql("select count(*) from ticks", host=host))

    def app(self):
        self.write("app", APP)
        return self.begin(CLIENT, "app.service", "sh", f"{self.dir}/app", f"{self.dir}/failed")

    def failed(self):
        with contextlib.suppress(FileNotFoundError), open(f"{self.dir}/failed", encoding="utf-8") as file:
            return file.read()
        return ""

    def daemon(self):
        os.makedirs(f"{self.dir}/plugins")
        shutil.copy(GUARD, f"{self.dir}/plugins/guard.so")
        self.write("trimtab.conf", f"[plugin guard]\ncgroup = {self.slice}\npins = /sys/fs/bpf/trimtab-learn-{PID}\n"
                                   f"learnt = {self.dir}/learnt.conf\nlsm = no\n")
        self.write("rules/egress.conf", "[egress]\nmode = learn\n")
        with open(f"{self.dir}/log", "w", encoding="utf-8") as log:
            self.running.append(subprocess.Popen([TRIMTABD, "--config", f"{self.dir}/trimtab.conf", "--rules", f"{self.dir}/rules", "--plugins",
                                                  f"{self.dir}/plugins", "--runtime-dir", f"{self.dir}/run", "--mode", "enforce"], stderr=log))
        time.sleep(3)

    def trimtab(self, *words):
        return run(TRIMTAB, "--runtime-dir", f"{self.dir}/run", *words)

    def attempt(self, unit, address, port):
        code = "import socket,sys; s=socket.socket(); s.settimeout(3); sys.exit(s.connect_ex((sys.argv[1],int(sys.argv[2]))))"
        return self.begin(CLIENT, unit, sys.executable, "-c", code, address, str(port)).wait()

    def end(self):
        for process in reversed(self.running):
            process.terminate()
        for process in self.running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
        for netns in (SERVER, CLIENT):
            for pid in run("ip", "netns", "pids", netns).split():
                os.kill(int(pid), 9)
            subprocess.run(["ip", "netns", "del", netns], check=False)
        time.sleep(1)
        for folder, _, _ in os.walk(self.slice, topdown=False):
            os.rmdir(folder)
        shutil.rmtree(self.dir)


def main():
    stage, wrong = Stage(), []

    def check(condition, what):
        print("ok  " if condition else "NOT ", what, flush=True)
        if not condition:
            wrong.append(what)

    try:
        stage.network()
        stage.servers()
        os.makedirs(stage.slice)
        stage.daemon()
        follower, _ = stage.follower(), stage.app()
        time.sleep(SECONDS)
        with open(f"{stage.dir}/learnt.conf", encoding="utf-8") as file:
            learnt = file.read()
        print(learnt)
        check(not stage.failed(), f"all worked while it was learnt {stage.failed()[:300]}")
        before = stage.ticks()

        stage.write("rules/egress.conf", "[egress]\nmode = enforce\ndefault = deny\n" + learnt)
        stage.trimtab("reload")
        time.sleep(AFTER / 2)
        follower.terminate()
        follower.wait()
        follower = stage.follower()  # connects anew
        time.sleep(AFTER / 2)
        check(not stage.failed(), f"all works under enforce {stage.failed()[:300]}")
        now = stage.ticks()
        check(now > before + AFTER / 10, f"{now - before} rows more under enforce")
        check(stage.ticks(f"{stage.dir}/sockets/2") >= now, "they are with the follower, too")
        check(stage.attempt("app.service", "10.77.0.1", 22) == 1, "the app is refused what it was not seen to do")
        check(stage.attempt("follower.service", "10.77.0.1", 8080) == 1, "and so is the follower")
        check(stage.attempt("other.service", "10.77.0.1", 8080) == 1, "and one that was never seen")
    finally:
        if wrong or sys.exc_info()[0]:
            print(open(f"{stage.dir}/log", encoding="utf-8").read())
        stage.end()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
