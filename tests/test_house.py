"""The house itself: names that must not collide, locks that name no host, files that name no machine."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sysconfig
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-ocr.lock", "requirements-node.lock")

# Put together from pieces, so that this file does not find itself.
_HOSTS = (
    "pypi" + ".org",
    "python" + "hosted",
    "npm" + "js.",
    "npm" + "mirror",
    "tuna" + ".tsinghua",
    "mirrors" + ".",
)
_HOST = re.compile("|".join(re.escape(host) for host in _HOSTS))
_PATH = re.compile(r"(?<![\w.:}/-])/(?:" + "|".join(("work", "root", "tmp", "home", "opt", "Users")) + r")/[\w.]")
_OUTSIDE = re.compile(r"\.\./" + "shared")


def tracked() -> list[str]:
    """The files that belong to it; unpacked from an archive, where git has no list, all but what set-up and tools leave."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [name for name in listed.stdout.split("\0") if name]
    left = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line]
    found: list[str] = []
    for folder, folders, files in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        folders[:] = [f for f in folders if not any(fnmatch(f, x) or str(here / f) == x for x in (*left, ".git"))]
        found += [str(here / name) for name in files]
    return found


def tracked_texts() -> Iterator[tuple[str, str]]:
    for name in tracked():
        path = ROOT / name
        if not path.is_file():
            continue
        try:
            yield name, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def offences(text: str) -> list[str]:
    return [match.group() for pattern in (_HOST, _PATH, _OUTSIDE) for match in pattern.finditer(text)]


def locked(text: str) -> dict[str, tuple[str, int]]:
    """Name to (version, number of hashes) of a lock file; refuses every line that is something else."""
    found: dict[str, tuple[str, int]] = {}
    name = ""
    for line in text.splitlines():
        if match := re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[\w,-]+\])?==([^\s;]+)(?: ; .+)? \\", line):
            name = match.group(1).lower().replace("_", "-")
            found[name] = (match.group(2), 0)
        elif re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?", line):
            found[name] = (found[name][0], found[name][1] + 1)
        else:
            raise AssertionError(f"neither a pinned requirement nor a hash: {line!r}")
    return found


def test_platform_is_the_module_of_the_standard_library() -> None:
    assert Path(platform.__file__).parent == Path(sysconfig.get_path("stdlib"))
    assert platform.python_implementation() == "CPython"
    assert not (ROOT / "platform" / "__init__.py").exists()


def test_no_tracked_file_names_a_registry_a_machine_path_or_what_lies_outside() -> None:
    assert {name: found for name, text in tracked_texts() if (found := offences(text))} == {}


@pytest.mark.parametrize(
    "text",
    [
        "see https://" + _HOSTS[0] + "/simple",
        "--find-links " + "/opt" + "/wheels",
        'open("' + "/tmp" + '/x")',
        "cd " + "/work" + "/main",
        ".." + "/shared/design",
    ],
)
def test_the_finder_finds(text: str) -> None:
    assert offences(text)


@pytest.mark.parametrize("text", ["/api/v1/work/orders", "platform/linggong/work/", "{base}/home/x", "./tmp/y"])
def test_the_finder_leaves_routes_and_relative_paths_alone(text: str) -> None:
    assert offences(text) == []


@pytest.mark.parametrize("name", LOCKS)
def test_locks_are_pins_with_hashes_and_nothing_else(name: str) -> None:
    pins = locked((ROOT / name).read_text(encoding="utf-8"))
    assert pins
    assert [pin for pin, (_, hashes) in pins.items() if not hashes] == []


@pytest.mark.parametrize(
    "line", ["--index" + "-url https://example.org/simple", "# from a host", "jinja2>=3", "x @ file:///y"]
)
def test_the_lock_reader_refuses(line: str) -> None:
    with pytest.raises(AssertionError, match="neither"):
        locked(line + "\n")


def test_locks_cover_what_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime, dev = (locked((ROOT / name).read_text(encoding="utf-8")) for name in LOCKS[:2])

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[\[<>=~! ;]", item)[0].lower().replace("_", "-") for item in requirements}

    groups = project["dependency-groups"]
    wanted = names(project["project"]["dependencies"]) | names(groups["build"])
    assert wanted - runtime.keys() == set()
    assert names(groups["dev"]) - dev.keys() == set()
    moved = {name: (pin, dev.get(name)) for name, pin in runtime.items() if dev.get(name) != pin}
    assert moved == {}, "both locks must pin the same versions: run `make lock`"


def test_the_npm_lock_has_hashes_and_no_addresses() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if not package.get("integrity")] == []
    exact = {**wanted["dependencies"], **wanted["devDependencies"]}
    assert {name: packages[f"node_modules/{name}"]["version"] for name in exact} == exact
    for tarball in wanted["tarballs"].values():
        assert tarball["integrity"].startswith("sha512-")
