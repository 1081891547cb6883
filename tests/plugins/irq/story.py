#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Interrupts and a task on the same CPU: who is hurt is seen, a goal moves the interrupt away, the task has its turn again, packets come
as before; what did not help is taken back, and a stop puts every mask back.

usage: story.py STAGE PACKETS [IRQBALANCE]   (root, in a virtual machine with two cards on a wire and four CPUs; IRQBALANCE: its program)

TRIMTAB_STORY=sides tells only what is measured on either side, with trimtab and with irqbalance: for the bench.
"""
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cards import HERE, PORT, affinity, best, burden, counts, irqs, merge, set_affinity, start, up  # noqa: E402
from guest import Checks, install, journal, mode, program, read, rules, run, trimtab, wait_for  # noqa: E402

TASK_CPU, RECEIVER_CPU, SENDER_CPU = 1, 2, 3
# Each side is looked at as often; more looks are taken only for the check, where the host is busy.
SECONDS, LOOKS, MORE_LOOKS = 6, 3, 3
# Packets a second, the first of these that this machine can follow: a card that is polled without an end raises no interrupt.
RATES, INTERRUPTS_A_SECOND = (2000, 1500, 1000, 500), 50
SHIPPED = "/usr/local/share/trimtab/rules/50-interrupts.conf"
# The task itself is what runs there: no interrupt that goes away changes that.
VAIN = """
[goal vain]
for = cpu:{cpu}
keep = rate(sched.cpu_runtime) < 1%
by = irq.affinity @irq:{irq} calmest
settle = 6s
"""
ONE_QUEUE = """
[rule managed]
for = irq:*
when = rate(irq.count) >= 0
hold = 0s
then = irq.affinity = calmest
"""


def value_of(metric, thing):
    """What is measured of it, or None."""
    answer = run(program("trimtab"), "--json", "metrics", metric, thing, check=False).stdout
    for row in json.loads(answer or "[]"):
        if row.get("value"):
            return row["value"]
    return None


def cpu_seconds(pid):
    fields = read(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def stand(rule, thing):
    """How a rule or goal stands with one object, in a few words."""
    for row in trimtab("rules", rule):
        if row.get("object") == thing:
            return {key: row.get(key) for key in ("phase", "measured", "waits_for")}
    return None


def main_pid(unit):
    return int(run("systemctl", "show", "--property=MainPID", "--value", unit).stdout)


def is_better(look, before):
    return look["p99_ms"] < 0.9 * before["p99_ms"] and look["p50_ms"] < 0.9 * before["p50_ms"]


class Watch:
    """How often the affinity of an interrupt changes, looked at four times a second by whoever waits."""

    def __init__(self, number):
        self.number, self.last, self.moves = number, affinity(number), 0

    def wait(self, condition, seconds):
        def look():
            now = affinity(self.number)
            self.moves += now != self.last
            self.last = now
            return condition()
        return wait_for(look, seconds, 0.25)


def fires_elsewhere(number):
    """Whether it came since it was last looked at, and not on the task's CPU."""
    last = [counts(number)]

    def look():
        more = [b - a for a, b in zip(last[0], counts(number))]
        last[0] = counts(number)
        return sum(more) > 0 and more[TASK_CPU] == 0
    return look


def side(pid, watch):
    """The task under one of the two daemons: its waits, how often the interrupt was moved so far, and what the daemon took of a CPU."""
    spent, since = cpu_seconds(pid), time.monotonic()
    look = best(LOOKS, SECONDS)
    spent, seconds = cpu_seconds(pid) - spent, time.monotonic() - since
    watch.wait(lambda: False, 1)
    return {**look, "moves": watch.moves, "daemon_cpu_percent": 100 * spent / seconds}


def with_trimtab(check, name, number, before, results):
    rules(read(SHIPPED) + "\n")
    watch = Watch(number)
    run("systemctl", "start", "trimtabd")
    check(wait_for(lambda: value_of("irq.hurt", f"irq:{name}"), 60), "who is hurt is seen")
    check(watch.wait(lambda: affinity(number) != str(TASK_CPU), 90), "the goal moves the interrupt away",
          f"to {affinity(number)}, {stand('irq-calm', f'irq:{name}')}")
    moved = affinity(number)
    check(moved in ("0", "2", "3"), "to one CPU", moved)
    check(wait_for(fires_elsewhere(number), 20), "and there it fires", counts(number))
    after = side(main_pid("trimtabd"), watch)
    results["trimtab"] = {**after, "mask": moved}
    print(f"# before {before}\n# trimtab {results['trimtab']}", flush=True)
    if not is_better(after, before):
        after = merge([after, best(MORE_LOOKS, SECONDS, lambda look: is_better(look, before))])
    check(is_better(after, before), "the task has its turn again",
          f"p99 {before['p99_ms']:.2f} -> {after['p99_ms']:.2f} ms, p50 {before['p50_ms']:.2f} -> {after['p50_ms']:.2f} ms")
    check(after["packets"] > 0.5 * before["packets"], "packets come as before", f"{before['packets']:.0f} -> {after['packets']:.0f}")
    check(watch.moves <= 2 and affinity(number) != str(TASK_CPU), "it stays away", f"on {affinity(number)}, {watch.moves} moves")
    run("systemctl", "stop", "trimtabd")
    check(affinity(number) == str(TASK_CPU), "a stop puts the mask back", affinity(number))


def in_vain(check, name, number):
    rules(VAIN.format(irq=name, cpu=TASK_CPU))
    watch = Watch(number)
    run("systemctl", "start", "trimtabd")
    check(watch.wait(lambda: affinity(number) != str(TASK_CPU), 90), "another goal tries the same", stand("vain", f"cpu:{TASK_CPU}"))
    check(watch.wait(lambda: affinity(number) == str(TASK_CPU), 120), "what did not help is taken back", stand("vain", f"cpu:{TASK_CPU}"))
    run("systemctl", "stop", "trimtabd")


def never(check):
    """All that there is, by a rule that wants everything moved: what the kernel manages, and what is no queue, stays."""
    masks = {n: affinity(i) for n, i in irqs().items()}
    rules(ONE_QUEUE)
    run("systemctl", "start", "trimtabd")
    time.sleep(30)
    now = {n: affinity(i) for n, i in irqs().items()}
    kept = [n for n in masks if n.endswith("-config") or "-req." in n or n in ("timer", "rtc0")]
    check(all(masks[n] == now[n] for n in kept) and any("-req." in n for n in kept), "managed ones, config vectors and timers stay", kept)
    tried = [line for line in journal("trimtabd").splitlines() if "smp_affinity" in line and "rror" in line]
    check(not tried, "and no write was tried that is refused", tried)
    run("systemctl", "stop", "trimtabd")
    now = {n: affinity(i) for n, i in irqs().items()}
    check(now == masks, "a stop puts all back", {n: (masks[n], now[n]) for n in masks if masks[n] != now[n]})


def start_irqbalance(irqbalance):
    top = os.path.dirname(os.path.dirname(os.path.dirname(irqbalance)))
    libraries = ":".join(f"{top}/{lib}/{os.uname().machine}-linux-gnu" for lib in ("usr/lib", "lib"))
    return subprocess.Popen([irqbalance, "--foreground", "--interval=10"], env={**os.environ, "LD_LIBRARY_PATH": libraries},
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def with_irqbalance(check, number, balancer, results):
    """The same load, the interrupt on the task's CPU again, and irqbalance in place of us."""
    watch = Watch(number)
    watch.wait(lambda: affinity(number) != str(TASK_CPU), 40)
    check(balancer.poll() is None, "irqbalance runs")
    results["irqbalance"] = {**side(balancer.pid, watch), "mask": affinity(number)}
    print(f"# irqbalance {results['irqbalance']}", flush=True)


def beside_irqbalance(check, number, balancer):
    set_affinity(number, TASK_CPU)
    rules(read(SHIPPED) + "\n")
    run("systemctl", "start", "trimtabd")
    check(wait_for(lambda: "irqbalance (process" in journal("trimtabd"), 60), "while irqbalance runs nothing is moved, and how to hand over is said",
          [line for line in journal("trimtabd").splitlines() if "irqbalance (process" in line])
    said = journal("trimtabd").count("irqbalance (process")
    time.sleep(15)
    check(journal("trimtabd").count("irqbalance (process") == said == 1, "once", said)
    balancer.terminate()
    balancer.wait()
    set_affinity(number, TASK_CPU)
    check(wait_for(lambda: affinity(number) not in (str(TASK_CPU), "0-3"), 120), "and when it is gone, it is", affinity(number))
    run("systemctl", "stop", "trimtabd")


def flood(packets, number):
    """The sender, and its rate."""
    for rate in RATES:
        sender = start(packets, "send", HERE, PORT, rate, SENDER_CPU, namespace="far")
        time.sleep(2)
        since = sum(counts(number))
        time.sleep(2)
        if rate == RATES[-1] or sum(counts(number)) - since >= 2 * INTERRUPTS_A_SECOND:
            return sender, rate
        sender.kill()
        sender.wait()


def main():
    stage, packets = sys.argv[1:3]
    irqbalance = sys.argv[3] if len(sys.argv) > 3 else None
    sides_only = os.environ.get("TRIMTAB_STORY") == "sides"
    check, results = Checks(), {"kernel": os.uname().release}
    install(stage)
    mode("enforce")
    _, near, far = up()
    burden(2000)
    numbers = irqs()
    name, number = f"{near}-input.0", numbers[f"{near}-input.0"]
    name = f"{name}:{number}"
    for other, i in numbers.items():
        if other.startswith(far) and not other.endswith("config"):
            set_affinity(i, SENDER_CPU)
    children = [start(packets, "receive", PORT, "/run/came", RECEIVER_CPU), start(packets, "task", "/run/turns", TASK_CPU)]
    time.sleep(3)
    set_affinity(number, TASK_CPU)
    alone = best(LOOKS, SECONDS)
    sender, rate = flood(packets, number)
    children.append(sender)
    before = best(LOOKS, SECONDS)
    results.update(alone=alone, before=before, rate=rate)
    print(f"# alone {alone}\n# {rate} packets a second", flush=True)

    with_trimtab(check, name, number, before, results)
    if not sides_only:
        in_vain(check, name, number)
        never(check)
    if irqbalance:
        balancer = start_irqbalance(irqbalance)
        with_irqbalance(check, number, balancer, results)
        if not sides_only:
            beside_irqbalance(check, number, balancer)
        balancer.kill()
    for child in children:
        child.kill()
    print(json.dumps(results), flush=True)
    folder = os.environ.get("TRIMTAB_RESULTS")
    if folder:
        with open(os.path.join(folder, "irq.json"), "w", encoding="utf-8") as file:
            json.dump(results, file)
    if check.failed:
        print(journal("trimtabd"))
    if not sides_only:
        check.finish()


if __name__ == "__main__":
    main()
