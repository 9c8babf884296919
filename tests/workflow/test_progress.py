"""Progress in a terminal."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

CITIES = "345313e619df46f387f9ededbe15ac56"
WAIT = """
import sys
import arcgis_export_widgets as aew
portal = aew.Portal(sys.argv[1], username="student", password="learn-arcgis")
portal.export(aew.ExportRequest(sys.argv[2], "CSV", [2])).wait().delete()
"""


@pytest.mark.parametrize("size", [(0, 0), (24, 80)])
def test_a_terminal_shows_the_jobs_status_even_if_it_reports_no_size(local_portal, size):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    command = [sys.executable, "-c", WAIT, local_portal.url, CITIES]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    assert process.returncode == 0, shown
    assert b"Portal: completed 00:0" in shown


def _read(terminal):
    try:
        return os.read(terminal, 1024)
    except OSError:  # nobody writes any more
        return b""
