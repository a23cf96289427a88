"""An Omni of things that have a value, and all ways to change one: by setting it, by a name, by two calls, together.

Its server answers each call that changes something as the next of its faults says, so that a test knows what
was done and what was answered, which no reader can tell.
"""

import json
import threading
from collections import deque
from urllib.parse import unquote

from scripted_server import ScriptedServer, answer, reset

from omnipd.changes.action import Action
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change, Key
from omnipd.changes.plan import Plan
from omnipd.changes.values import RECORD, TEXT
from omnipd.client.api_paths import segment

BAD_TOKEN = answer({"error": {"code": 403, "message": "Invalid bearer token"}}, 403)
LIMIT = answer({"message": "Rate limit exceeded"}, 429)


def refused(status, words="It is not allowed"):
    """What answers a call of which nothing was done."""
    return answer({"detail": words, "status": status}, status)


class Things(ScriptedServer):
    """Things by their names, and what is done to the next changes and reads of them.

    Attributes
    ----------
    held : dict of str to str
        What is there.
    faults, read_faults : deque
        Each is for one request: None for none; ``"lost"`` makes the change and loses the answer, ``"reset"``
        loses the request; ``"no effect"`` answers well; bytes are answered instead; a function is called
        with this server before the change is made.
    changes : list of (method, path, body)
        What was asked to be changed.
    """

    def __init__(self, **held):
        super().__init__()
        self.held = held
        self.faults = deque()
        self.read_faults = deque()
        self.changes = []
        self.reads = 0
        self._lock = threading.Lock()

    def step(self, target, body):
        method = self.requests[-1][0]
        with self._lock:
            if method == "GET":
                self.reads += 1
                fault = self.read_faults.popleft() if self.read_faults else None
                if callable(fault):
                    fault = fault(self)
                return fault or answer({"things": self.held})
            asked = json.loads(body) if body else None
            path = unquote(target)
            self.changes.append((method, path, asked))
            fault = self.faults.popleft() if self.faults else None
            if callable(fault):
                fault = fault(self)
            if isinstance(fault, bytes):
                return fault
            if fault == "reset":
                return reset
            done = answer({"success": True}) if fault == "no effect" else self._change(path, asked)
            return reset if fault == "lost" else done

    def _change(self, path, asked):
        name = path.rpartition("/")[2]
        if path.startswith("/api/v1/values/"):
            self.held[name] = asked["value"]
        elif path == "/api/v1/several":
            if "bad" in asked.values():
                return refused(400, "One of them is bad")
            self.held |= asked
        elif path == "/api/v1/names":
            if asked["name"] in self.held:
                return refused(409, "There is one already")
            self.held[asked["name"]] = ""
        elif path == "/api/v1/copies":
            copies = sum(one.startswith(asked["name"]) for one in self.held)
            self.held[f"{asked['name']}-{copies + 1}"] = ""
        elif path.startswith("/api/v1/drafts/"):
            self.held[f"draft of {name}"] = asked["value"]
        elif path.startswith("/api/v1/published/"):
            self.held[name] = self.held.pop(f"draft of {name}")
        return answer({"success": True})


def _present(now, changes):
    held = now.client.get("/api/v1/things").content["things"]
    return {one.key: held[one.key.item] for one in changes if one.key.item in held}


def _there(now, changes):
    held = now.client.get("/api/v1/things").content["things"]
    return {one.key: {} for one in changes if one.key.item in held}


def _candidates(now, change):
    held = now.client.get("/api/v1/things").content["things"]
    return sorted(name for name in held if name.startswith(change.key.item))


def _value(changes):
    (change,) = changes
    path = f"/api/v1/values/{segment(change.key.item)}"
    return [ApiCall("PUT", path, {"value": change.new or ""})]


def _named(path):
    return lambda changes: [ApiCall("POST", path, {"name": changes[0].key.item})]


def _drafted(changes):
    (change,) = changes
    name = segment(change.key.item)
    return [
        ApiCall("POST", f"/api/v1/drafts/{name}", {"value": change.new or ""}),
        ApiCall("POST", f"/api/v1/published/{name}"),
    ]


def _several(changes):
    return [ApiCall("PATCH", "/api/v1/several", {one.key.item: one.new or "" for one in changes})]


SET = Action("thing", "value", TEXT, _value, _present)
BY_NAME = Action(
    "thing", "named", RECORD, _named("/api/v1/names"), _there, repeat="key", makes=True
)
COPIED = Action(
    "thing",
    "copied",
    RECORD,
    _named("/api/v1/copies"),
    _there,
    repeat="never",
    makes=True,
    candidates=_candidates,
)
IN_TWO_CALLS = Action("thing", "drafted", TEXT, _drafted, _present)
TOGETHER = Action(
    "thing", "several", TEXT, _several, _present, together=lambda change: "all", max_together=3
)
CHECKED = Action(
    "thing",
    "checked",
    TEXT,
    _value,
    _present,
    check=lambda change: "It may not be bad." if change.new == "bad" else None,
    irreversible=lambda change: "What it was is lost." if change.new == "gone" else None,
    remark=lambda change: "Mind the gap." if change.new == "gap" else None,
)
ACTIONS = (SET, BY_NAME, COPIED, IN_TWO_CALLS, TOGETHER, CHECKED)


def change(item, old, new, column="value", **more):
    return Change(Key("thing", item, None, column), old, new, **more)


def made(item, column):
    """The change that makes a thing."""
    return change(item, None, {}, column)


def plan_of(server, *changes):
    return Plan(changes, server.url)
