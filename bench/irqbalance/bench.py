#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench.py BUILD RECORDS.json: a task whose CPU is also that of a busy card's interrupt, in a virtual machine with four CPUs: left alone, with
trimtab and its shipped goal, and with irqbalance (unpacked from the distribution's packages), under the same load, one after the other.

Everything there is emulated, the daemons too: times compare with each other and with nothing else."""
import json
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KERNEL = "6.12"
# key of a side, what is shown of it, unit
FIGURES = (("p50_ms", "task, p50", "ms"), ("p99_ms", "task, p99", "ms"), ("packets", "packets", "a second"), ("moves", "moves", ""),
           ("daemon_cpu_percent", "daemon", "% of a CPU"))


def tell_story(build):
    """The story's results, or None where it cannot be told."""
    packets = os.path.join(build, "tests/plugins/irq/packets")
    subprocess.run(["ninja", "-C", build], check=True, stdout=subprocess.DEVNULL)
    told = subprocess.run([os.path.join(TOP, "tests/plugins/irq/story-in-vm"), KERNEL, build, packets], text=True, stdout=subprocess.PIPE,
                          env={**os.environ, "TRIMTAB_STORY": "sides"})
    if told.returncode == 77:
        print(told.stdout.strip())
        return None
    if told.returncode != 0:
        print(told.stdout)
        sys.exit(1)
    with open(os.path.join(build, f"results-{KERNEL}", "irq.json"), encoding="utf-8") as file:
        return json.load(file)


def compare(results):
    """The records, as they are printed."""
    sides = {"irqbalance": results.get("irqbalance"), "left alone": results["before"], "task alone": results["alone"]}
    trimtab, records = results["trimtab"], []
    print(f"{'':14}{'trimtab':>12}" + "".join(f"{name:>12}" for name, side in sides.items() if side))
    for key, what, unit in FIGURES:
        row = f"{what:14}{trimtab[key]:12.2f}"
        for name, side in sides.items():
            value = side.get(key) if side else None
            if value is None:
                row += " " * 12 if side else ""
                continue
            row += f"{value:12.2f}"
            records.append({"bench": "irqbalance", "subject": f"{what}, trimtab", "baseline": name, "value": trimtab[key], "unit": unit,
                            "ratio": trimtab[key] / value if value else None, "spread": None, "runs": trimtab["looks"],
                            "note": f"virtual machine, {results['kernel']}; {name}: {value:.3g}"})
        print(f"{row}  {unit}")
    print(f"the interrupt went to CPU {trimtab['mask']} with trimtab" +
          (f", to {sides['irqbalance']['mask']} with irqbalance" if sides["irqbalance"] else "; irqbalance could not be had"))
    return records


def main():
    build, out = os.path.abspath(sys.argv[1]), sys.argv[2]
    results = tell_story(build)
    if results is None:
        return 77
    with open(out, "w", encoding="utf-8") as file:
        json.dump(compare(results), file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
