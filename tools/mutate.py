"""Break the package, one line at a time, and see whether the tests notice.

``tools/mutants/*.toml`` hold the mutants. A mutant names a file of the package, text that occurs in it once, what to
put in its place, and the tests that must then fail::

    [[mutant]]
    file = "portal/http/retry.py"
    old = "self.failures >= attempts"
    new = "self.failures > attempts"
    tests = "tests/portal/test_retry.py"

A mutant that the tests cannot notice, or should not, has a ``survives = "reason"``. Each mutant is tried in a copy of
the project, so the working tree may be used meanwhile.

    python tools/mutate.py             # all
    python tools/mutate.py portal/     # only those whose file contains this text
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import tomllib

ROOT = Path(__file__).parents[1]
PACKAGE = "arcgis_export_widgets"
COPIED = (PACKAGE, "docs", "notebooks", "tests", "tools", "CONTRIBUTING.md", "README.md", "pyproject.toml")
PASSED, FAILED = 0, 1  # pytest's exit codes; all others mean that it could not run the tests
TIMEOUT_S = 300  # a mutant that hangs is noticed, too


@dataclass(frozen=True)
class Mutant:
    """One wrong line, and the tests that must fail because of it."""

    file: str
    old: str
    new: str
    tests: str
    survives: str = ""

    @property
    def area(self) -> str:
        """The folder of the package, or the module in it."""
        return self.file.split("/")[0]

    def fault(self, root: Path = ROOT) -> str:
        """What is wrong with the mutant itself; empty if nothing is."""
        path = root / PACKAGE / self.file
        if not path.exists():
            return f"{self.file} does not exist"
        count = path.read_text().count(self.old)
        if count != 1:
            return f"{self.file} contains {self.old!r} {count} times, not once"
        missing = [test for test in self.tests.split() if not (root / test.split("::")[0]).exists()]
        return f"{missing[0]} does not exist" if missing else ""


def mutants() -> list[Mutant]:
    """All mutants, in the order of the files."""
    tables = [tomllib.loads(path.read_text()) for path in sorted((ROOT / "tools/mutants").glob("*.toml"))]
    return [Mutant(**row) for table in tables for row in table["mutant"]]


@contextmanager
def copies(count: int) -> Iterator[SimpleQueue[Path]]:
    """Copies of the project, as many as mutants are tried side by side."""
    with tempfile.TemporaryDirectory() as folder:
        free: SimpleQueue[Path] = SimpleQueue()
        for number in range(count):
            copy = Path(folder, str(number))
            copy.mkdir()
            for name in COPIED:
                source = ROOT / name
                if source.is_dir():
                    shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__", "screenshots"))
                else:
                    shutil.copy(source, copy / name)
            free.put(copy)
        yield free


def run(tests: str, copy: Path, *options: str, timeout_s: float | None = TIMEOUT_S) -> int:
    """Pytest's exit code for these tests."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *options, *tests.split()]
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(  # noqa: S603 - our own tests
        command, cwd=copy, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            return process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            return FAILED


def is_noticed(mutant: Mutant, free: SimpleQueue[Path]) -> bool:
    """Whether the tests fail with the mutant in place."""
    copy = free.get()
    path = copy / PACKAGE / mutant.file
    original = path.read_text()
    path.write_text(original.replace(mutant.old, mutant.new))
    try:
        code = run(mutant.tests, copy)
    finally:
        path.write_text(original)
        free.put(copy)
    if code not in {PASSED, FAILED}:
        raise RuntimeError(f"{mutant.tests}: pytest could not run them with {mutant.new!r} in {mutant.file} ({code})")
    sys.stderr.write("." if code == FAILED else f"\nnot noticed: {mutant.file}: {mutant.old!r} -> {mutant.new!r}\n")
    sys.stderr.flush()
    return code == FAILED


def report(chosen: Sequence[Mutant], noticed: Sequence[bool]) -> str:
    """How many mutants of each area were noticed, and which were not."""
    tried = Counter(mutant.area for mutant in chosen)
    counts = Counter(mutant.area for mutant, was_noticed in zip(chosen, noticed, strict=True) if was_noticed)
    lines = ["| area | mutants | noticed |", "|---|---|---|"]
    lines += [f"| {area} | {count} | {counts[area]} |" for area, count in tried.items()]
    lines.append(f"| all | {len(chosen)} | {sum(noticed)} |")
    for mutant, was_noticed in zip(chosen, noticed, strict=True):
        if mutant.survives or not was_noticed:
            what = "noticed after all" if was_noticed else "not noticed"
            why = mutant.survives or "NO REASON GIVEN"
            lines += ["", f"{what}: {mutant.file}", f"  {mutant.old}", f"  -> {mutant.new}", f"  {why}"]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Try the mutants that were asked for; return 1 if one survives for which no reason is given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", default="", help="part of a file's path; all mutants if it is not given")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants tried side by side")
    options = parser.parse_args()
    chosen = [mutant for mutant in mutants() if options.part in mutant.file]
    faults = [fault for mutant in chosen if (fault := mutant.fault())]
    if faults or not chosen:
        sys.exit("\n".join(faults) or "no such mutant")
    with copies(options.jobs) as free, ThreadPoolExecutor(options.jobs) as pool:
        copy = free.get()
        tests = " ".join(sorted({test for mutant in chosen for test in mutant.tests.split()}))
        if run(tests, copy, "-n", str(options.jobs), "--dist", "loadfile", timeout_s=None) != PASSED:
            sys.exit("the tests fail without any mutant")
        free.put(copy)
        noticed = list(pool.map(lambda mutant: is_noticed(mutant, free), chosen))
    sys.stdout.write("\n" + report(chosen, noticed))
    return int(any(not mutant.survives and not was for mutant, was in zip(chosen, noticed, strict=True)))


if __name__ == "__main__":
    sys.exit(main())
