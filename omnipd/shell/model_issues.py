"""What is wrong in the models of a sandbox, told to whoever starts it."""

from __future__ import annotations

from typing import Any

import click

from omnipd.display import counted, printable, shortened
from omnipd.launch_sandbox import Sandbox

_MOST_ISSUES = 10
_LONGEST = 400


def print_issues(omni: Sandbox) -> None:
    """Print how many issues each model has, the first of them, and where all are; on standard error."""
    for name, issues in omni.server.issues.items():
        errors = sum(each.is_error for each in issues)
        click.echo(
            f"The model {printable(name)} has {counted(len(issues), 'issue')}"
            f" ({counted(errors, 'error')}, {counted(len(issues) - errors, 'warning')})."
            " A query that needs what they are about is refused.",
            err=True,
        )
        for issue in issues[:_MOST_ISSUES]:
            click.echo(f"  {_line(issue)}", err=True)
        if len(issues) > _MOST_ISSUES:
            click.echo(f"  … and {len(issues) - _MOST_ISSUES:,} more", err=True)
        identity = omni.models[name]
        click.echo(
            f'All of them: {omni.base_url}, omnipd.read_model_issues("{identity}"),'
            f" or GET /api/v1/models/{identity}/validate.",
            err=True,
        )


def _line(issue: Any) -> str:
    """Write an issue on one line: a file may hold anything, and so may what is said of it."""
    place = [each for each in (issue.file, issue.about) if each]
    text = ": ".join([*place, issue.message])
    return f"{issue.severity:8} {shortened(text, _LONGEST)}"
