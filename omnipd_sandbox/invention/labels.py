"""The labels of the organization."""

from __future__ import annotations

from omnipd_sandbox.organization.records import Label

LABELS = (
    Label("finance", verified=True, color="#1a7f37", description="Checked by finance."),
    Label("marketing", color="#bf3989"),
    Label("operations"),
    Label("Verified", verified=True, homepage=True, description="Looked over by the data team."),
    Label("work in progress", color="#9a6700", description=""),
    Label("deprecated", color="#cf222e", description="Kept for reference."),
    Label("équipe données"),
    Label("重要", verified=True),
    Label("🚀 launch"),
    Label("a/b test"),
    Label("50% off", color="#0969da"),
    Label("Q3 2025"),
)
