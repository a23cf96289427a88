"""An organization that nobody has: the same for the same arguments, on every day and machine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from omnipd_sandbox.organization import chance
from omnipd_sandbox.organization.ai import (
    invent_conversations,
    invent_entity_limits,
    invent_routines,
    invent_user_limits,
)
from omnipd_sandbox.organization.api_keys import invent_api_keys
from omnipd_sandbox.organization.attributes import ATTRIBUTES
from omnipd_sandbox.organization.connections import (
    invent_connections,
    invent_dbt_environments,
    invent_dbt_projects,
    invent_environments,
    invent_refreshes,
)
from omnipd_sandbox.organization.documents import invent_documents
from omnipd_sandbox.organization.email_only import invent_email_only_users
from omnipd_sandbox.organization.embed import invent_embed_users
from omnipd_sandbox.organization.evals import invent_eval_runs, invent_prompt_sets
from omnipd_sandbox.organization.folders import invent_folders
from omnipd_sandbox.organization.git import GIT
from omnipd_sandbox.organization.holdings import Holdings
from omnipd_sandbox.organization.models import invent_models
from omnipd_sandbox.organization.people import (
    LABELS,
    invent_group_roles,
    invent_groups,
    invent_newcomers,
    invent_users,
)
from omnipd_sandbox.organization.queries import ModelReference
from omnipd_sandbox.organization.schedules import invent_schedules
from omnipd_sandbox.organization.suggestions import invent_suggestions
from omnipd_sandbox.organization.uploads import invent_uploads


def invent(
    models: Sequence[ModelReference], *, documents: int, folders: int, newcomers: bool = True
) -> Holdings:
    """Invent an organization around some models, with those who came lately or without."""
    return _invent(tuple(models), documents, folders, newcomers, chance.seed())


# Whoever asks for the same gets the same: holdings are never changed in place.
@lru_cache(maxsize=16)
def _invent(
    models: tuple[ModelReference, ...],
    documents: int,
    folders: int,
    newcomers: bool,
    seed: int,
) -> Holdings:
    owners = invent_users()
    tree = tuple(invent_folders(owners, folders))
    content = tuple(invent_documents(owners, tree, models, documents))
    users = [*owners, *(invent_newcomers() if newcomers else ())]
    administrator, token_holder = users[:2]
    groups = invent_groups(users)
    strangers = invent_email_only_users()
    dbt_projects = invent_dbt_projects(models)
    conversations = invent_conversations(users, models)
    prompt_sets = invent_prompt_sets(models)
    return Holdings(
        models=models,
        model_records=invent_models(models),
        users=users,
        groups=groups,
        group_roles=invent_group_roles(groups, models),
        labels=LABELS,
        folders=tree,
        documents=content,
        particulars=None,
        invented=(documents, folders, int(newcomers), seed),
        attributes=ATTRIBUTES,
        embed_users=invent_embed_users(),
        email_only_users=strangers,
        schedules=invent_schedules(content, users, strangers, groups),
        api_keys=invent_api_keys(users),
        uploads=invent_uploads(users, content, models),
        connections=invent_connections(models),
        environments=invent_environments(models),
        refreshes=invent_refreshes(models),
        dbt_projects=dbt_projects,
        dbt_environments=invent_dbt_environments(dbt_projects, token_holder.membership_id),
        git={model.name: GIT[model.subject] for model in models if model.subject in GIT},
        conversations=conversations,
        user_limits=invent_user_limits(users),
        entity_limits=invent_entity_limits(),
        routines=invent_routines(users, groups, models),
        prompt_sets=prompt_sets,
        eval_runs=invent_eval_runs(
            prompt_sets,
            [each for each in conversations if each.user_id == administrator.membership_id],
        ),
        suggestions=invent_suggestions(models, conversations, administrator.membership_id),
        refresh_jobs={
            chance.stable_uuid("refresh job", status): status
            for status in ("COMPLETED", "FAILED", "IN_PROGRESS")
        },
    )
