"""Questions of an administrator, answered from the tables of an inventory."""

from typing import Any

from omnipd.audit.broken import validate as validate
from omnipd.audit.fields_without_use import unused_fields as unused_fields
from omnipd.audit.where_used import field_usage as field_usage

__all__ = [
    name
    for name, value in list[tuple[str, Any]](globals().items())
    if callable(value) and getattr(value, "__module__", "").startswith("omnipd.audit.")
]
