# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads the machine's own apt sources, so that no mirror's name stands in this tree."""

import pathlib
import re
from typing import NamedTuple

from . import VmError

DEBIAN_SUITES = frozenset(
    "buster bullseye bookworm trixie forky duke sid oldoldstable oldstable stable testing unstable".split())


class Source(NamedTuple):
    uri: str
    suite: str
    components: tuple
    signed_by: str      # a keyring's path; empty: apt's own trusted keys


class Mirrors(NamedTuple):
    main: Source
    security: Source    # None where the machine has none


def _without_comments(text):
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))


def parse_one_line(text):
    """`deb [option=value ...] URI SUITE COMPONENT...`"""
    pattern = re.compile(r"^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#\n]*)", re.MULTILINE)

    for options, uri, suite, components in pattern.findall(_without_comments(text)):
        found = re.search(r"signed-by=(\S+)", options, re.IGNORECASE)
        yield Source(uri, suite, tuple(components.split()), found.group(1) if found else "")


def _stanza_fields(stanza):
    fields, name = {}, None
    for line in stanza.splitlines():
        if line[:1].isspace() and name:
            fields[name] += "\n" + line.strip()
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def parse_deb822(text):
    for stanza in re.split(r"\n\s*\n", _without_comments(text)):
        fields = _stanza_fields(stanza)
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in ("no", "false"):
            continue

        signed_by = fields.get("signed-by", "")
        # A key written into the stanza itself cannot go into a one-line source.
        signed_by = signed_by if signed_by.startswith("/") else ""
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Source(uri, suite, tuple(fields.get("components", "").split()), signed_by)


def machine_sources(etc_apt=pathlib.Path("/etc/apt")):
    parts = etc_apt / "sources.list.d"
    for path in [etc_apt / "sources.list", *sorted(parts.glob("*.list"))]:
        if path.is_file():
            yield from parse_one_line(path.read_text(errors="replace"))
    for path in sorted(parts.glob("*.sources")):
        yield from parse_deb822(path.read_text(errors="replace"))


def _is_debian(source):
    return "main" in source.components and re.split(r"[-/]", source.suite)[0] in DEBIAN_SUITES


def _is_security(source):
    return source.suite.endswith(("-security", "/updates"))


def mirrors(etc_apt=pathlib.Path("/etc/apt")):
    debian = [source for source in machine_sources(etc_apt) if _is_debian(source)]
    archive = [source for source in debian if not _is_security(source)]
    security = [source for source in debian if _is_security(source)]

    if not archive:
        raise VmError("the machine's apt sources name no Debian archive with the component main")
    return Mirrors(archive[0], security[0] if security else None)


def one_line(mirror, suite):
    option = f"[signed-by={mirror.signed_by}] " if mirror.signed_by else ""
    return f"deb {option}{mirror.uri} {suite} main\n"
