#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon with the block plugin on a real kernel: knobs of a disk's queue are set and put back, whatever ends the daemon; a disk goes and comes
again; write-back is billed to the cgroup that wrote; device mapper and refused values harm nothing.

usage: daemon.py TRIMTABD TRIMTAB PLUGINS   (as root, in a machine that may be thrown away, without systemd, with a virtio disk)
"""
import json
import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "cgroup"), os.path.join(HERE, "..", "..", "system")]
from daemon import Daemon, put  # noqa: E402
from guest import CGROUP, Checks, read, run, wait_for  # noqa: E402

DISK = "vda"
QUEUE = f"/sys/block/{DISK}/queue"
FILES = ("scheduler", "nr_requests", "read_ahead_kb", "wbt_lat_usec", "max_sectors_kb", "rq_affinity")
CONFIG = "[daemon]\ntick = 500ms\nwrites-per-minute = 0\n"

KNOBS = f"""[rule knobs]
for  = block:{DISK}
when = last(block.inflight) >= 0
hold = 0s
then = block.scheduler = mq-deadline
       block.nr_requests = 32
       block.read_ahead_kb = 512
       block.wbt_lat_usec = 5ms
       block.max_sectors_kb = 128
       block.rq_affinity = 2
"""
WANTED = ("mq-deadline", "32", "512", "5000", "128", "2")

# A latency to act by, and a knob that the rule alone sets.
SWITCH = f"""[rule switch]
for   = block:{DISK}
when  = p99(block.disk_read_latency, 5s) > 1ns and rate(block.disk_reads, 5s) > 1
hold  = 0s
then  = block.scheduler = mq-deadline
until = rate(block.disk_reads, 5s) < 0.1
clear-hold = 1s
cooldown = 1s
"""

REFUSED = f"""[rule refused]
for  = block:{DISK}
when = last(block.inflight) >= 0
hold = 0s
then = block.nr_requests = 9999
       block.scheduler = kyber
       block.read_ahead_kb = 256
"""

WRITER = """[rule writer]
for  = cgroup:/w/writer, cgroup:/w/other
when = rate(block.write_bytes) > 10k and count(block.write_latency) > 0
hold = 0s
then = pids.max = 77

[rule reader]
for  = cgroup:/w/reader
when = p99(block.read_latency) > 1ns and rate(block.reads) > 1
hold = 0s
then = pids.max = 66
"""


def queue():
    """Of the schedulers the one in force: which there are changes as modules come."""
    scheduler, *others = (read(f"{QUEUE}/{name}") for name in FILES)
    return scheduler.partition("[")[2].partition("]")[0], *others


def is_set():
    return queue() == WANTED


def plug():
    subprocess.run(["modprobe", "virtio_blk"], check=False)
    wait_for(lambda: read(f"/sys/block/{DISK}/dev"), 10)


def original():
    """What an administrator may have set: both are lost when the scheduler changes."""
    run("modprobe", "mq-deadline", check=False)
    put(f"{QUEUE}/scheduler", "none")
    put(f"{QUEUE}/nr_requests", "50")
    put(f"{QUEUE}/wbt_lat_usec", "33000")
    return queue()


def knobs(check, words):
    before = original()
    daemon = Daemon(words, KNOBS, CONFIG)
    check(daemon.ready and wait_for(is_set, 30), "all knobs of the queue are set", queue())
    check(daemon.stop() == 0 and queue() == before, "a stop puts all back, what the scheduler took along too", (before, queue()))

    daemon = Daemon(words, KNOBS, CONFIG)
    check(wait_for(is_set, 30), "once more", queue())
    daemon.process.send_signal(signal.SIGKILL)
    daemon.process.wait()
    check(is_set(), "killed, it leaves them", queue())
    run(words[0], "--restore", "--runtime-dir", f"{daemon.folder}/run")
    check(queue() == before, "the restorer puts all back without it", (before, queue()))


def metrics(daemon, trimtab, name):
    done = subprocess.run([trimtab, "--runtime-dir", f"{daemon.folder}/run", "--json", "metrics", name], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else []


def reading(node, seconds):
    """O_DIRECT, so that it is the disk's."""
    return subprocess.Popen(["sh", "-c", f"timeout {seconds} sh -c 'while :; do dd if={node} of=/dev/null bs=4k count=200 iflag=direct status=none; done'"])


def by_latency(check, words, trimtab):
    before = original()
    daemon = Daemon(words, SWITCH, CONFIG)
    load = reading(f"/dev/{DISK}", 30)
    check(wait_for(lambda: "[mq-deadline]" in read(f"{QUEUE}/scheduler"), 25), "a rule acts by the latency of a disk's reads")
    row = wait_for(lambda: [r for r in metrics(daemon, trimtab, "block.disk_read_latency") if r.get("p99")], 10)
    check(row, "trimtab metrics shows it", row and {k: row[0].get(k) for k in ("object", "count", "p50", "p99")})
    load.wait()
    check(wait_for(lambda: queue() == before, 60), "it goes back when the load is over", queue())
    check(daemon.stop() == 0 and queue() == before, "and stays so")


def refused(check, words):
    before = original()
    run("modprobe", "-r", "kyber-iosched", check=False)
    daemon = Daemon(words, REFUSED, CONFIG)
    check(wait_for(lambda: read(f"{QUEUE}/read_ahead_kb") == "256", 30), "what is refused keeps nothing else from being set")
    check(wait_for(lambda: "block.nr_requests" in read(daemon.log) and "takes no such value" in read(daemon.log), 20),
          "more requests than the hardware has tags: refused, with the reason")
    check(daemon.stop() == 0 and queue() == before, "all is back", (before, queue()))


def unplug_and_plug(check, words):
    original()
    daemon = Daemon(words, KNOBS, CONFIG)
    check(wait_for(is_set, 30), "the disk is set", queue())
    device = os.path.realpath(f"/sys/block/{DISK}/device/..")
    put(f"{device}/remove", "1")
    check(wait_for(lambda: not os.path.exists(f"/sys/block/{DISK}"), 10), "the disk goes")
    time.sleep(2)
    check(daemon.process.poll() is None, "the daemon does not mind")
    put("/sys/bus/pci/rescan", "1")
    wait_for(lambda: read(f"/sys/block/{DISK}/dev"), 10)
    fresh = queue()
    check(wait_for(is_set, 30), "it comes again, and is set again", (fresh, queue()))
    check(daemon.stop() == 0, "the daemon stops")
    check(queue() == fresh, "and what has come goes back to what it came with", (fresh, queue()))


def enter(group):
    def work():
        put(f"{CGROUP}/{group}/cgroup.procs", str(os.getpid()))
    return work


def write_back(check, words):
    """Buffered writes to a file: the pages are written by the kernel's threads."""
    for folder in ("", "w"):
        for controller in ("io", "memory", "pids"):
            put(f"{CGROUP}/{folder}/cgroup.subtree_control", f"+{controller}")
        os.makedirs(f"{CGROUP}/w", exist_ok=True)
    for name in ("writer", "other", "reader"):
        os.makedirs(f"{CGROUP}/w/{name}", exist_ok=True)
    run("modprobe", "ext4", check=False)
    run("mkfs.ext4", "-q", "-F", f"/dev/{DISK}")
    os.makedirs("/tmp/disk", exist_ok=True)
    run("mount", "-t", "ext4", f"/dev/{DISK}", "/tmp/disk")
    put("/proc/sys/vm/dirty_expire_centisecs", "100")
    put("/proc/sys/vm/dirty_writeback_centisecs", "50")

    daemon = Daemon(words, WRITER, CONFIG)
    time.sleep(3)
    loop = "for i in $(seq 40); do dd if=/dev/zero of=/tmp/disk/{0} bs=64k count=16 conv=notrunc status=none; sleep 0.5; done"
    writer = subprocess.Popen(["sh", "-c", loop.format("a")], preexec_fn=enter("w/writer"))
    # The other one is as busy, and waits for nothing but itself.
    other = subprocess.Popen(["sleep", "60"], preexec_fn=enter("w/other"))
    check(wait_for(lambda: read(f"{CGROUP}/w/writer/pids.max") == "77", 40), "write-back is billed to the cgroup that wrote")
    check(read(f"{CGROUP}/w/other/pids.max") == "max", "and to no other")
    writer.wait()
    other.kill()
    reader = subprocess.Popen(["sh", "-c", "for i in $(seq 60); do dd if=/tmp/disk/a of=/dev/null bs=4k count=100 iflag=direct status=none; sleep 0.1; done"],
                              preexec_fn=enter("w/reader"))
    check(wait_for(lambda: read(f"{CGROUP}/w/reader/pids.max") == "66", 30), "a rule acts by the latency of a cgroup's reads")
    reader.wait()
    check(daemon.stop() == 0 and read(f"{CGROUP}/w/writer/pids.max") == "max", "all is back")
    run("umount", "/tmp/disk")


def mapper(check, words, trimtab):
    """A linear device over the disk: its bios go through, and are counted where they arrive."""
    run("modprobe", "dm-mod", check=False)
    made = subprocess.run(["dmsetup", "create", "--noudevsync", "t0", "--table", f"0 65536 linear /dev/{DISK} 0"], check=False, stderr=subprocess.PIPE, text=True)
    if made.returncode != 0:
        print(f"# no device mapper here: {made.stderr.strip()}", flush=True)
        return
    daemon = Daemon(words, SWITCH, CONFIG)
    name = wait_for(lambda: [d for d in os.listdir("/sys/block") if d.startswith("dm-")], 10)[0]
    node = f"/dev/{name}"
    if not os.path.exists(node):
        major, minor = read(f"/sys/block/{name}/dev").split(":")
        os.mknod(node, 0o60600, os.makedev(int(major), int(minor)))
    load = reading(node, 12)
    check(wait_for(lambda: "[mq-deadline]" in read(f"{QUEUE}/scheduler"), 11), "reads of a mapped device are seen on the disk below")
    rows = wait_for(lambda: metrics(daemon, trimtab, "block.inflight"), 5)
    check(any(r.get("object", "").endswith(name) for r in rows), "the mapped device is an object", [r.get("object") for r in rows])
    rows = metrics(daemon, trimtab, "block.disk_reads")
    time.sleep(2)
    rows = metrics(daemon, trimtab, "block.disk_reads")
    check(not any(r.get("object", "").endswith(name) and r.get("value") is not None for r in rows), "and has no requests of its own")
    load.wait()
    check(daemon.stop() == 0, "the daemon stops")
    run("dmsetup", "remove", "--noudevsync", "t0", check=False)


def main():
    words, trimtab = [sys.argv[1], sys.argv[3]], sys.argv[2]
    check = Checks()
    plug()
    knobs(check, words)
    by_latency(check, words, trimtab)
    refused(check, words)
    mapper(check, words, trimtab)
    unplug_and_plug(check, words)
    write_back(check, words)
    if check.failed:
        for log in Daemon.logs:
            print("".join(f"# {line}\n" for line in read(log).splitlines()[-30:]), flush=True)
    check.finish()


if __name__ == "__main__":
    main()
