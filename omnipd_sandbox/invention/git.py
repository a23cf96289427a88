"""How models are tied to git repositories."""

from __future__ import annotations

from omnipd_sandbox.organization.git import GitSettings

# By model name; a model that is not here has no repository.
GIT = {
    "flights": GitSettings(
        clone_url="git@git.example:sandbox/flights.git",
        base_branch="main",
        model_path="omni",
        public_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5-not-a-real-key sandbox",
        web_url=None,
        webhook_secret="not-a-real-secret",  # noqa: S106 - nothing listens there
    )
}
