"""One HTTP connection: bytes to a request, a reply to bytes."""

from __future__ import annotations

import gzip
import selectors
import socket
import struct
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from omnipd_sandbox.http.refusals import BadRequest, RefusedRequest
from omnipd_sandbox.http.reply import Document, Reply, Stream
from omnipd_sandbox.http.request import Request
from omnipd_sandbox.http.running import answering

if TYPE_CHECKING:
    from io import BufferedIOBase

_LONGEST_LINE = 65_536
_LARGEST_BODY = 10_000_000
_WORTH_COMPRESSING = 1_024
_CHUNK = 65_536


class Connection(BaseHTTPRequestHandler):
    """Speak HTTP/1.1 with one client until either side has had enough."""

    protocol_version = "HTTP/1.1"
    # Without these two, small answers wait for one another: about 20 requests a second.
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 120
    # Set on a subclass made for one server.
    respond: Callable[[Request], Reply]

    def handle_one_request(self) -> None:
        """Read one request and answer it."""
        try:
            self.raw_requestline = self.rfile.readline(_LONGEST_LINE + 1)
            if not self.raw_requestline:
                self.close_connection = True
            elif len(self.raw_requestline) > _LONGEST_LINE:
                self.requestline, self.request_version, self.command = "", "", ""
                self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
            elif self.parse_request():
                self._answer()
        except (ConnectionError, TimeoutError):
            # The client left, or went silent.
            self.close_connection = True

    def finish(self) -> None:
        """Close both ends, also where the client left before it had all."""
        try:
            super().finish()
        finally:
            self.rfile.close()

    def handle_expect_100(self) -> bool:
        """Invite the body at once: what is buffered would not reach a client that waits."""
        invited = super().handle_expect_100()
        self.wfile.flush()
        return invited

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is not HTTP as any other refusal, and hang up."""
        del explain
        self.close_connection = True
        self._send(RefusedRequest(code, message or HTTPStatus(code).phrase).reply())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        """Say nothing: what was asked stands in the server's own log."""

    def version_string(self) -> str:
        """Name the server."""
        return "omnipd-sandbox"

    def _answer(self) -> None:
        try:
            request = self._read()
        except RefusedRequest as refusal:
            # The body was not read to its end, so nothing after it can be understood.
            self.close_connection = True
            self._send(refusal.reply())
            return
        with answering(lambda: _has_left(self.connection)):
            self._send(type(self).respond(request))

    def _read(self) -> Request:
        body = self._read_body()
        try:
            address = urlsplit(self.path)
            # Undecodable bytes become replacement characters, as they do in JavaScript.
            query = parse_qsl(
                address.query, keep_blank_values=True, errors="replace", max_num_fields=200
            )
        except ValueError:
            raise BadRequest("the address cannot be read") from None
        return Request(
            self.command, address.path, tuple(query), self.headers, body, self.client_address[0]
        )

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return _read_chunks(self.rfile)
        announced = self.headers.get("Content-Length", "0")
        if not announced.isascii() or not announced.isdigit():
            raise BadRequest("Content-Length is not a number")
        if len(announced) > 12 or int(announced) > _LARGEST_BODY:
            raise _too_large()
        body = self.rfile.read(int(announced))
        if len(body) < int(announced):
            raise ConnectionResetError
        return body

    def _send(self, reply: Reply) -> None:
        if isinstance(reply, Document):
            self._send_document(reply)
        elif isinstance(reply, Stream):
            self._send_stream(reply)
        else:
            self._break_off(reply.half_of)
        self.wfile.flush()

    def _break_off(self, reply: Document | Stream | None) -> None:
        """Send half of a body under a head that promises all of it, or reset the connection."""
        self.close_connection = True
        if reply is None:
            # A close that lingers for no time is a reset. The files of the connection hold the
            # socket open, so it is taken from under them.
            reset = socket.socket(fileno=self.connection.detach())
            reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            reset.close()
            return
        whole = BytesIO()
        if isinstance(reply, Document):
            whole.write(reply.body)
        else:
            reply.write_to(whole)
        body = whole.getvalue()
        self._send_head(reply, {**reply.headers, "Content-Length": str(len(body))})
        self.wfile.write(body[: len(body) // 2])

    def _send_document(self, reply: Document) -> None:
        body, headers = reply.body, dict(reply.headers)
        if body and reply.content_type.startswith("application/json"):
            headers["Vary"] = "Accept-Encoding"
            if len(body) > _WORTH_COMPRESSING and self._takes_gzip():
                body = gzip.compress(body, compresslevel=5, mtime=0)
                headers["Content-Encoding"] = "gzip"
        if reply.status != HTTPStatus.NO_CONTENT:
            headers["Content-Length"] = str(len(body))
        self._send_head(reply, headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _send_stream(self, reply: Stream) -> None:
        chunked = self.request_version == "HTTP/1.1"
        headers = dict(reply.headers)
        if chunked:
            headers["Transfer-Encoding"] = "chunked"
        else:
            # The end of the connection is the end of the body.
            self.close_connection = True
        self._send_head(reply, headers)
        sink = _Chunks(self.wfile) if chunked else self.wfile
        try:
            reply.write_to(sink)
        except BaseException:
            # The head is out: only a missing end can tell the client that this went wrong.
            self.close_connection = True
            raise
        if isinstance(sink, _Chunks):
            sink.end()

    def _send_head(self, reply: Document | Stream, headers: Mapping[str, str]) -> None:
        if "Date" in headers:
            self.send_response_only(reply.status)
            self.send_header("Server", self.version_string())
        else:
            self.send_response(reply.status)
        if reply.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", reply.content_type)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _takes_gzip(self) -> bool:
        headers = getattr(self, "headers", None)
        accepted = headers.get("Accept-Encoding", "") if headers else ""
        for coding in accepted.lower().split(","):
            name, _, weight = coding.partition(";")
            if name.strip() in {"gzip", "*"}:
                return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
        return False


class _Chunks:
    """Collect small writes into chunks of a body whose length nobody knows yet."""

    def __init__(self, wire: BufferedIOBase) -> None:
        self._wire = wire
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: bytes, /) -> int:
        self._held.append(data)
        self._size += len(data)
        if self._size >= _CHUNK:
            self._emit()
        return len(data)

    def flush(self) -> None:
        self._emit()
        self._wire.flush()

    def end(self) -> None:
        self._emit()
        self._wire.write(b"0\r\n\r\n")

    def _emit(self) -> None:
        # A chunk of size zero would end the body.
        if self._size:
            self._wire.write(b"%x\r\n" % self._size)
            self._wire.writelines(self._held)
            self._wire.write(b"\r\n")
            self._held, self._size = [], 0


# A file descriptor for each look would be one too many where there are few left.
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


def _has_left(connection: socket.socket) -> bool:
    """Tell whether the other side has closed, without taking what it may have sent."""
    try:
        with _Selector() as selector:
            selector.register(connection, selectors.EVENT_READ)
            return bool(selector.select(0)) and not connection.recv(1, socket.MSG_PEEK)
    except (OSError, ValueError):
        # It was reset, or closed on our side.
        return True


def _read_chunks(wire: BufferedIOBase) -> bytes:
    body = bytearray()
    while True:
        line = wire.readline(_LONGEST_LINE)
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError:
            raise BadRequest("a chunk has no size") from None
        if size < 0 or len(body) + size > _LARGEST_BODY:
            raise _too_large()
        if size == 0:
            break
        body += wire.read(size)
        wire.readline(_LONGEST_LINE)
    while wire.readline(_LONGEST_LINE) not in {b"\r\n", b"\n", b""}:
        """Skip what may follow the last chunk."""
    return bytes(body)


def _too_large() -> RefusedRequest:
    return RefusedRequest(413, "Payload Too Large")
