# SPDX-License-Identifier: LGPL-2.1-or-later
"""apt with sources, lists and archives of its own: the machine's configuration is read, never changed."""

import re
import subprocess

from . import VmError, aptsources, cache


class Apt:
    """One private set of sources; `suites` decides what the candidate of a package is."""

    def __init__(self, name, suites):
        self.dir = cache.root() / "apt" / name
        self.suites = suites
        self.updated = False

    def _options(self):
        settings = {
            "Dir::Etc::sourcelist": self.dir / "sources.list",
            "Dir::Etc::sourceparts": "-",
            "Dir::State": self.dir / "state",
            # What is installed is the machine's: it decides which libraries are missing.
            "Dir::State::status": "/var/lib/dpkg/status",
            "Dir::Cache": self.dir / "cache",
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
        }
        return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]

    def _call(self, tool, *arguments, cwd=None):
        done = subprocess.run([tool, *self._options(), *arguments], cwd=cwd, text=True, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            reason = (done.stderr.strip() or done.stdout.strip()).splitlines()
            raise VmError(f"{tool} {arguments[0]}: {reason[-1] if reason else done.returncode}")
        return done.stdout

    def update(self):
        if self.updated:
            return

        known = aptsources.mirrors()
        lines = []
        for suite in self.suites:
            mirror = known.security if suite.endswith("-security") else known.main
            if mirror:
                lines.append(aptsources.one_line(mirror, suite))

        for part in ("state/lists/partial", "cache/archives/partial"):
            (self.dir / part).mkdir(parents=True, exist_ok=True)
        (self.dir / "sources.list").write_text("".join(lines))

        # Without Error-Mode a mirror that is away is only a warning, and old lists would be used.
        self._call("apt-get", "update", "-q", "-o", "APT::Update::Error-Mode=any")
        self.updated = True

    def candidate(self, package):
        """The record of the version apt would take, as {field: value}."""
        record = self._call("apt-cache", "show", "--no-all-versions", package)
        return dict(re.findall(r"^([A-Za-z-]+): (.*)$", record, re.MULTILINE))

    def missing(self, packages, release=None):
        """The packages, with their dependencies that are not installed, as name=version."""
        target = ["-t", release] if release else []
        plan = self._call("apt-get", "install", "-s", "--no-install-recommends", "--reinstall", *target, *packages)
        return [f"{name}={version}" for name, version in re.findall(r"^Inst (\S+) (?:\[\S+\] )?\((\S+)", plan, re.M)]

    def unpack(self, packages, into, downloads):
        """Downloads and unpacks; no maintainer script runs and dpkg's database stays as it is."""
        downloads.mkdir(parents=True, exist_ok=True)
        self._call("apt-get", "download", "-q", *packages, cwd=downloads)

        into.mkdir(parents=True, exist_ok=True)
        for package in sorted(downloads.glob("*.deb")):
            subprocess.run(["dpkg", "-x", str(package), str(into)], check=True)
            package.unlink()
