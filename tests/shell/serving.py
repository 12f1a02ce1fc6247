"""How tests of the desk serve one: a real server on a real socket, as a user starts it, asked over HTTP."""

import http.client
import json
import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.shell.commands import SEALANE, environment

STARTS_WITHIN_S, ANSWERS_WITHIN_S = 60.0, 60.0  # on a busy machine
BEGAN = re.compile(rb"url=(http://\S+)")
Event = tuple[int, bytes]  # its sequence, its data


class Answer(NamedTuple):
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The kind of the problem it is."""
        assert self.headers["content-type"] == "application/problem+json", self.body
        assert self.json["status"] == self.status
        return str(self.json["type"]).rpartition(":")[2]


class Served(NamedTuple):
    """A desk that runs."""

    url: str
    process: subprocess.Popen[bytes]

    def ask(self, path: str, method: str = "GET", body: object = None, **headers: str) -> Answer:
        """Ask it once, by a connection of its own; `_` in a header's name is `-`."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=ANSWERS_WITHIN_S)
        sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        try:
            connection.request(method, path, sent, {name.replace("_", "-"): word for name, word in headers.items()})
            answer = connection.getresponse()
            return Answer(answer.status, {key.lower(): word for key, word in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def rows(self, path: str) -> list[dict[str, Any]]:
        answer = self.ask(path)
        assert answer.status == 200, answer.body
        rows: list[dict[str, Any]] = answer.json["rows"]
        return rows

    def page_token(self) -> str:
        """What a form of a page must bring back."""
        cookie = self.ask("/healthz").headers["set-cookie"]
        return cookie.partition("=")[2].partition(";")[0]

    def send(self, path: str, body: object, **headers: str) -> Answer:
        """Send what a form of a page would."""
        token = self.page_token()
        return self.ask(path, "POST", body, Cookie=f"csrftoken={token}", X_CSRFToken=token, **headers)


class Stream:
    """A reader of the events of a desk."""

    def __init__(self, desk: Served, after: int | None) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(desk.url).netloc, timeout=20)
        headers = {} if after is None else {"Last-Event-ID": str(after)}
        self.connection.request("GET", "/events", headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200
        assert self.answer.headers["content-type"] == "text/event-stream; charset=utf-8"

    def until(self, last: int) -> list[Event]:
        """The events up to a sequence."""
        found: list[Event] = []
        while not found or found[-1][0] < last:
            found.append(self.next())
        return found

    def next(self) -> Event:
        sequence = 0
        while True:
            line = self.answer.readline()
            assert line, "the stream has ended"
            if line.startswith(b"id: "):
                sequence = int(line[4:])
            elif line.startswith(b"data: "):
                return sequence, line[6:].strip()

    def rest(self) -> bytes:
        return self.answer.read()

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


@contextmanager
def served(*words: str | Path, bind: str = "127.0.0.1:0", **env: str) -> Iterator[Served]:
    """A desk in a process of its own, ended afterwards."""
    command = [SEALANE, "desk", "--bind", bind, *words]
    process = subprocess.Popen(command, env=environment(**env), stderr=subprocess.PIPE)
    try:
        yield Served(url_of(process), process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stderr is not None
        process.stderr.close()


def url_of(process: subprocess.Popen[bytes]) -> str:
    """Where it says it is."""
    assert process.stderr is not None
    said, ends_at = b"", time.monotonic() + STARTS_WITHIN_S
    with selectors.DefaultSelector() as selector:
        selector.register(process.stderr, selectors.EVENT_READ)
        while time.monotonic() < ends_at:
            if selector.select(0.1):
                more = os.read(process.stderr.fileno(), 65_536)
                said += more
                if found := BEGAN.search(said):
                    return found[1].decode()
                if not more:
                    break
    raise AssertionError(f"no desk: {said.decode()}")
