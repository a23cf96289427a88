"""Questions of an administrator, answered from the tables of an inventory."""

from typing import Any

from omnipd.audit.access_picture import plot_access as plot_access
from omnipd.audit.activity_picture import plot_activity as plot_activity
from omnipd.audit.belonging import orphans as orphans
from omnipd.audit.broken import validate as validate
from omnipd.audit.compare import diff as diff
from omnipd.audit.content_access import access as access
from omnipd.audit.content_access import what_can_see as what_can_see
from omnipd.audit.content_access import who_can_see as who_can_see
from omnipd.audit.count_changes import diff_summary as diff_summary
from omnipd.audit.deliveries import schedule_health as schedule_health
from omnipd.audit.fields_without_use import unused_fields as unused_fields
from omnipd.audit.folder_picture import plot_folders as plot_folders
from omnipd.audit.leaving import leaver as leaver
from omnipd.audit.unviewed import unused as unused
from omnipd.audit.views_in_window import usage as usage
from omnipd.audit.where_used import field_usage as field_usage

__all__ = [
    name
    for name, value in list[tuple[str, Any]](globals().items())
    if callable(value) and getattr(value, "__module__", "").startswith("omnipd.audit.")
]
