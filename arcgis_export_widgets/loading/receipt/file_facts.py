"""The file a load came from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FileFacts:
    """The file a load came from."""

    path: Path
    size_bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> FileFacts:
        """Measure the file at `path`; of a folder, all its files in the order of their names."""
        digest = hashlib.sha256()
        size = 0
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                with file.open("rb") as opened:
                    while chunk := opened.read(1024**2):
                        digest.update(chunk)
                        size += len(chunk)
        return cls(path, size, digest.hexdigest())
