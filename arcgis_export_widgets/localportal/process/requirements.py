"""What the local portal needs beyond the package's base, looked up without importing it."""

from __future__ import annotations

from importlib.util import find_spec

REQUIREMENTS = 'pip install "arcgis-export-widgets[localportal]"'
_NEEDED = {"starlette": "starlette", "uvicorn": "uvicorn", "duckdb": "duckdb", "python_multipart": "python-multipart"}


def missing_requirements(*, tls: bool = False) -> list[str]:
    """Return the libraries of the ``localportal`` extra that are not installed."""
    needed = _NEEDED | {"trustme": "trustme"} if tls else _NEEDED
    return [name for module, name in needed.items() if find_spec(module) is None]
