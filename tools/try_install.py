"""Install the package as other people do, and run the quickstart with it, outside of this repository.

python tools/try_install.py wheel     # the wheel alone, with the newest versions of what it needs
python tools/try_install.py oldest    # the same with the lowest versions that pyproject.toml allows
python tools/try_install.py binder    # what repo2docker runs to build the image for Binder, in its order
python tools/try_install.py sdist     # the source distribution, unpacked: its own tests, but for those in a browser

Wherever the source distribution is built on the way, it must hold all that is committed.

Each makes a new environment with the Python that runs this; Binder's is named in ``binder/runtime.txt``.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
QUICKSTART = "notebooks/01_quickstart.ipynb"


def say(text: str) -> None:
    """Tell how far it is, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run(*command: str | Path, cwd: Path) -> None:
    """Run a command, tell how long it took, and end here if it fails."""
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    shown = " ".join(Path(command[0]).name if place == 0 else str(part) for place, part in enumerate(command))
    say(f"{time.perf_counter() - begun:6.1f} s  {shown}")
    if done.returncode:
        sys.exit(f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}")


def new_environment(folder: Path) -> Path:
    """Make a virtual environment and return the folder of its programs."""
    venv.create(folder / "environment", with_pip=True)
    return folder / "environment" / ("Scripts" if sys.platform == "win32" else "bin")


def copy_of_the_project(folder: Path) -> Path:
    """What is committed, and nothing that lies about."""
    project = folder / "project"
    run("git", "clone", "-q", str(ROOT), str(project), cwd=folder)
    return project


def lowest_versions() -> Iterator[str]:
    """A constraint for each package that pyproject.toml names: the lowest version it allows, with its bug fixes."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lowest: dict[str, tuple[int, ...]] = {}
    for name, version in re.findall(r'"([\w.-]+)>=([\d.]+)"', text):
        numbers = tuple(map(int, version.split(".")))
        lowest[name] = max(lowest.get(name, ()), numbers)
    for name, numbers in lowest.items():
        text = ".".join(map(str, (*numbers, 0)[: max(2, len(numbers))]))
        yield f"{name}=={text}" if len(numbers) > 2 else f"{name}=={text}.*"  # noqa: PLR2004


def build(folder: Path, programs: Path) -> tuple[Path, Path]:
    """Build both distributions, and return their paths: the source distribution, and the wheel made from it.

    Ends here if the source distribution lacks anything that is committed.
    """
    project = copy_of_the_project(folder)
    run(programs / "pip", "install", "-q", "build", cwd=folder)
    run(programs / "python", "-m", "build", "--outdir", str(folder / "dist"), str(project), cwd=folder)
    (sdist,), (wheel,) = (folder / "dist").glob("*.tar.gz"), (folder / "dist").glob("*.whl")
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    listed = subprocess.run(("git", "ls-files"), cwd=project, capture_output=True, text=True, check=True)  # noqa: S607
    if left_out := sorted(set(listed.stdout.splitlines()) - packed):
        sys.exit(f"{sdist.name} leaves out {', '.join(left_out)}. Name them in pyproject.toml.")
    return sdist, wheel


def install_wheel(folder: Path, *options: str) -> None:
    """Build the wheel, install it with the options given to pip, and run the quickstart far from the project."""
    programs = new_environment(folder)
    _, wheel = build(folder, programs)
    run(programs / "pip", "install", "-q", *options, f"{wheel}[notebooks]", cwd=folder)
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "quickstart.ipynb").write_bytes((folder / "project" / QUICKSTART).read_bytes())
    run(programs / "jupyter", "execute", "quickstart.ipynb", cwd=folder / "elsewhere")


def try_wheel(folder: Path) -> None:
    """With the newest versions."""
    install_wheel(folder)


def try_oldest(folder: Path) -> None:
    """With the lowest versions."""
    constraints = folder / "oldest.txt"
    constraints.write_text("\n".join(lowest_versions()) + "\n", encoding="utf-8")
    install_wheel(folder, "-c", str(constraints))


def try_sdist(folder: Path) -> None:
    """As those do who package it for a system: unpack, install, test."""
    programs = new_environment(folder)
    sdist, _ = build(folder, programs)
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    project = folder / sdist.name.removesuffix(".tar.gz")
    run(programs / "pip", "install", "-q", "-e", f"{project}[test]", cwd=project)
    run(programs / "pytest", "-q", "-n", "2", "--dist", "worksteal", "-m", "not browser", cwd=project)


def try_binder(folder: Path) -> None:
    """As the Python build pack does: environment, requirements, postBuild; then both of Binder's start pages."""
    programs = new_environment(folder)
    project = copy_of_the_project(folder)
    told = (project / "binder" / "runtime.txt").read_text(encoding="utf-8").strip()
    if told != f"python-{sys.version_info.major}.{sys.version_info.minor}":
        say(f"note: Binder uses {told}")
    requirements = str(project / "binder" / "requirements.txt")
    run(programs / "python", "-m", "pip", "install", "-q", "--no-cache-dir", "-r", requirements, cwd=project)
    run("bash", "-c", f"PATH='{programs}':$PATH binder/postBuild", cwd=project)
    run(programs / "jupyter", "execute", QUICKSTART, cwd=project)
    run(programs / "jupyter", "execute", "notebooks/export_app.ipynb", cwd=project)


def main() -> None:
    """Try one way."""
    ways = {"wheel": try_wheel, "oldest": try_oldest, "binder": try_binder, "sdist": try_sdist}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("way", choices=ways)
    way = parser.parse_args().way
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        ways[way](Path(folder))
    say(f"{time.perf_counter() - begun:6.1f} s  in all")


if __name__ == "__main__":
    main()
