"""A server over a real socket that answers what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it."""

    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, str]


@dataclass
class Answer:
    """One answer; `cut` bytes are withheld although announced.

    `pieces` are sent after the body, and `drips` bytes after that, one every twentieth of a second.
    """

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    hang_up: bool = False
    pieces: Iterable[bytes] = ()
    drips: int = 0
    length: str | None = ""
    """The header Content-Length; empty for the true one, None for none."""


def as_json(value: object, **more: object) -> Answer:
    return Answer(json.dumps(value).encode(), **more)


@dataclass
class ScriptedServer:
    """Gives the answers of its script one by one, the last one for ever."""

    url: str = ""
    script: list[Answer | Callable[[Asked], Answer]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    closing: threading.Event = field(default_factory=threading.Event)
    sent_bytes: int = 0
    """How much of all `pieces` was sent."""

    def next_answer(self, asked: Asked) -> Answer:
        with self.lock:
            self.asked.append(asked)
            step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return step(asked) if callable(step) else step


def handler_of(server: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = server.next_answer(Asked(self.command, self.path, headers, dict(parse_qsl(body))))
            self.close_connection = True
            if answer.hang_up:
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            length = str(len(answer.body) + answer.drips) if answer.length == "" else answer.length
            if length is not None:
                self.send_header("Content-Length", length)
            self.send_header("Connection", "close")
            self.end_headers()
            with contextlib.suppress(OSError):  # the client has heard enough
                self.wfile.write(answer.body[: len(answer.body) - answer.cut])
                for piece in answer.pieces:
                    self.wfile.write(piece)
                    server.sent_bytes += len(piece)
                for _ in range(answer.drips):
                    if server.closing.wait(0.05):
                        return
                    self.wfile.write(b" ")

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler
