"""List the attributes of users: ``GET /user-attributes``."""

from __future__ import annotations

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.reply import Reply, json_reply


def list_attributes(call: Call) -> Reply:
    """Answer with every attribute; a whole list, though its key is that of pages."""
    return json_reply(
        {
            "records": [
                {
                    "id": each.id,
                    "name": each.name,
                    "label": each.label,
                    "description": each.description,
                    "type": each.type,
                    "multiple_values": each.multiple_values,
                    "system": each.system,
                    "default_value": each.default,
                }
                for each in call.organization.attributes
            ]
        }
    )
