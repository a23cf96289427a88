"""Schedules of an Omni that is not the sandbox: their list does not tell whose they are, and counts are 0."""

from twins.other_content import ANN, OtherContent
from twins.other_server import Refusal

_S = "/api/v1/schedules/([^/]+)"


class OtherSchedules(OtherContent):
    routes = (
        *OtherContent.routes,
        ("GET", "/api/v1/schedules", "list_schedules"),
        ("GET", _S, "one_schedule"),
        ("GET", f"{_S}/recipients", "list_recipients"),
        ("PUT", f"{_S}/(pause|resume)", "switch_schedule"),
        ("PUT", f"{_S}/transfer-ownership", "give_schedule"),
        ("PUT", f"{_S}/(add|remove)-recipients", "change_recipients"),
        ("DELETE", _S, "delete_schedule"),
    )

    def __init__(self):
        super().__init__()
        self.schedules = {
            "s1": {
                "name": "Daily",
                "owner": ANN,
                "paused": False,
                "to": {"emails": ["x@y.example"]},
            },
            "s2": {"name": "Weekly", "owner": ANN, "paused": True, "to": {"emails": []}},
        }

    def _schedule(self, name):
        held = self.schedules[name]
        return {
            "id": name,
            "name": held["name"],
            "disabledAt": "2026-01-01T00:00:00.000Z" if held["paused"] else None,
            "systemDisabledAt": None,
        }

    def list_schedules(self, *, asked, body):
        start = 2 * (int(asked.get("cursor") or 1) - 1)
        told = {"ownerName": "Somebody", "destinationType": "email", "recipientCount": 0}
        rows = [{**self._schedule(name), **told} for name in self.schedules]
        more = len(rows) > start + 2
        info = {
            "hasNextPage": more,
            "nextCursor": str(start // 2 + 2) if more else None,
            "pageSize": 2,
            "totalRecords": len(rows) - start,
        }
        return 200, {"pageInfo": info, "records": rows[start : start + 2]}

    def one_schedule(self, name, *, asked, body):
        if name not in self.schedules:
            raise Refusal(404)
        return 200, {**self._schedule(name), "ownerId": self.schedules[name]["owner"]}

    def list_recipients(self, name, *, asked, body):
        to = self.schedules[name]["to"]
        people = [{"id": one, "email": f"{one[-1]}@z.example"} for one in to.get("userIds", ())]
        return 200, {"recipients": [*people, *({"email": one} for one in to.get("emails", ()))]}

    def switch_schedule(self, name, what, *, asked, body):
        self.schedules[name]["paused"] = what == "pause"
        return 204, None

    def give_schedule(self, name, *, asked, body):
        held = self.schedules[name]
        if held["owner"] == body["userId"]:
            raise Refusal(400, "Bad Request: is the owner already")
        held["owner"] = body["userId"]
        return 200, {"success": True}

    def change_recipients(self, name, what, *, asked, body):
        to = self.schedules[name]["to"]
        for kind, people in body.items():
            others = [one for one in to.get(kind, ()) if one not in people]
            to[kind] = others + (people if what == "add" else [])
        return 200, {"success": True, f"{what}edRecipientsCount": 0}

    def delete_schedule(self, name, *, asked, body):
        del self.schedules[name]
        return 204, None
