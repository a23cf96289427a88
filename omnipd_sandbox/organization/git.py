"""How models are tied to git repositories."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GitSettings:
    """The repository of a model; the secret is only shown to those who ask for it."""

    clone_url: str
    base_branch: str
    model_path: str | None
    public_key: str | None
    web_url: str | None
    webhook_secret: str
