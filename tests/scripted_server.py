"""A server on a real socket that answers what a test tells it to, wrong in every way that bytes can be."""

import contextlib
import json
import socket
import struct
import threading
import time


class ScriptedServer:
    """Answers the n-th request with the n-th step of its script; the last step repeats.

    A step is bytes to send as they are, or a function that takes the connection and does what it
    likes. Requests are kept as (method, target, headers, body).
    """

    def __init__(self, tls=None, port=0):
        self.steps = []
        #: A function of a target that gives its step, where many ask at once and order says nothing.
        self.by_target = None
        self.requests = []
        #: How many connections were made, whether or not a request came over them.
        self.accepted = 0
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", port))
        self._connections = []
        self._serving = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self):
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def port(self):
        return self._listener.getsockname()[1]

    def script(self, *steps):
        self.steps = list(steps)
        return self

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()
        for thread in (self._thread, *self._serving):
            thread.join(5)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._serving.append(thread)
            thread.start()

    def _serve(self, connection):
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._connections.append(connection)
            with connection.makefile("rb") as stream:
                while self._one(connection, stream):
                    pass
        except (OSError, ValueError):
            pass

    def step(self, target, body):
        """Return what the request that came last is answered with."""
        if self.by_target is not None:
            return self.by_target(target)
        return self.steps[min(len(self.requests), len(self.steps)) - 1]

    def _one(self, connection, stream):
        first = stream.readline()
        if not first:
            return False
        method, target, _ = first.decode().split()
        headers = {}
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
        self.requests.append((method, target, headers, body))
        step = self.step(target, body)
        if callable(step):
            step(connection)
            return False
        connection.sendall(step)
        return b"connection: close" not in step.lower()


def answer(body=b"", status=200, content_type="application/json", **headers):
    """Return a whole HTTP answer. A dict or list becomes JSON."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    lines = [
        f"HTTP/1.1 {status} X",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
    ]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def chunked(*pieces, end=True, content_type="text/ndjson"):
    """Return a chunked answer; without its end the body is cut."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    body = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)
    return head + body + (b"0\r\n\r\n" if end else b"")


def page(*records, cursor=None, total=None):
    """Return one page of a list."""
    total = len(records) if total is None else total
    info = {
        "hasNextPage": cursor is not None,
        "nextCursor": cursor,
        "pageSize": 100,
        "totalRecords": total,
    }
    return answer({"records": list(records), "pageInfo": info})


def document(name):
    """Return the least that a document record holds."""
    return {"type": "document", "identifier": name, "name": name}


def reset(connection):
    """Break the connection off with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hang_up(connection):
    """End the connection in the orderly way."""
    connection.shutdown(socket.SHUT_RDWR)


def after(data, then):
    """Send some bytes and then do something else."""

    def step(connection):
        connection.sendall(data)
        then(connection)

    return step


def silence(seconds):
    """Say nothing for a while, or until the other side leaves."""

    def step(connection):
        connection.settimeout(seconds)
        with contextlib.suppress(OSError):
            connection.recv(1)

    return step


def drip(data, pause):
    """Send byte after byte with a pause between them."""

    def step(connection):
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(pause)

    return step
