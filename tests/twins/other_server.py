"""A server on a real socket for an Omni that is not the sandbox: routes, and what happens to answers."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"
_WORDS = {"400": "Bad Request: ", "404": "Not Found"}


class Refusal(Exception):
    """A status that is no success, with what stands in its body."""

    def __init__(self, status, detail=None):
        super().__init__(status)
        self.status = status
        self.content = {"detail": detail or _WORDS.get(str(status), "Conflict"), "status": status}


class OtherServer:
    """Answers by routes that subclasses name, in a thread of its own.

    Attributes
    ----------
    requests : list of tuple
        Method, path, body and status of what was answered, or None where the answer was lost.
    accidents : list of tuple
        Method, the end of a path, and what happens once to such a call: ``limit``, ``limit 7`` (with a
        Retry-After), ``bad key``, ``html`` (a gateway's page after the effect), ``lost`` (the connection
        closes after the effect), ``nothing`` (a 504 without effect), ``late`` (a 504, and the effect comes
        with the next but one request), ``gone`` (a 404 without effect), ``silent`` (a good answer without
        effect).
    """

    routes = ()

    def __init__(self):
        self.requests = []
        self.accidents = []
        self._late = []
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"omni": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._http.shutdown()
        self._http.server_close()

    def changes(self):
        return [each for each in self.requests if each[0] != "GET"]

    def answer(self, method, target, body):
        """Give the status, headers and bytes of an answer; None to close the connection."""
        with self._lock:
            self._come_late()
            accident = self._accident(method, urlsplit(target).path)
            answer = self._with(accident, method, target, body)
            status = None if answer is None else answer[0]
            self.requests.append((method, urlsplit(target).path, body, status))
            return answer

    def _come_late(self):
        self._late = [(left - 1, work) for left, work in self._late]
        for left, work in self._late:
            if left <= 0:
                self._do(*work)
        self._late = [each for each in self._late if each[0] > 0]

    def _accident(self, method, path):
        for place, (verb, end, what) in enumerate(self.accidents):
            if verb == method and path.endswith(end):
                del self.accidents[place]
                return what
        return None

    def _with(self, accident, method, target, body):
        if accident is None:
            return self._do(method, target, body)
        if accident.startswith("limit"):
            after = accident.removeprefix("limit").strip()
            headers = {"X-Omni-Waf-Action": "block"} | ({"Retry-After": after} if after else {})
            return 429, headers, b""
        if accident == "bad key":
            refusal = {"error": {"code": 403, "message": "Invalid bearer token"}}
            return 403, {}, json.dumps(refusal).encode()
        if accident == "late":
            self._late.append((2, (method, target, body)))
        if accident in {"late", "nothing"}:
            return 504, {"Content-Type": "text/html"}, HTML.encode()
        if accident == "gone":
            return 404, {}, b'{"detail": "Not Found", "status": 404}'
        if accident == "silent":
            return 200, {}, b'{"success": true}'
        self._do(method, target, body)
        return (502, {"Content-Type": "text/html"}, HTML.encode()) if accident == "html" else None

    def _do(self, method, target, body):
        address = urlsplit(target)
        for verb, pattern, name in self.routes:
            found = re.fullmatch(pattern, address.path) if verb == method else None
            if found:
                parts = [unquote(part) for part in found.groups()]
                asked = dict(parse_qsl(address.query))
                try:
                    status, content = getattr(self, name)(*parts, asked=asked, body=body)
                except Refusal as refusal:
                    status, content = refusal.status, refusal.content
                break
        else:
            return 404, {"Content-Type": "text/html"}, b"<html>Not found</html>"
        came = b"" if content is None else json.dumps(content).encode()
        return status, {"Content-Type": "application/json; charset=utf-8"}, came


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: apart, each answer takes 40 ms longer
    omni = None

    def _any(self):
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length)
        answer = self.omni.answer(self.command, self.path, json.loads(sent) if sent else None)
        if answer is None:
            self.close_connection = True
            return
        status, headers, content = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815 - names of the library

    def log_message(self, *_):
        """Say nothing on the terminal."""
