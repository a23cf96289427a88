"""An organization that nobody has: the same for the same arguments, on every day and machine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from omnipd_sandbox.invention.abilities import invent_forbidden
from omnipd_sandbox.invention.api_keys import invent_api_keys
from omnipd_sandbox.invention.attributes import ATTRIBUTES
from omnipd_sandbox.invention.connections import (
    invent_connections,
    invent_environments,
    invent_refreshes,
)
from omnipd_sandbox.invention.conversations import invent_conversations
from omnipd_sandbox.invention.credits import CREDITS, invent_entity_limits, invent_user_limits
from omnipd_sandbox.invention.dashboards import invent_dashboard
from omnipd_sandbox.invention.dbt import invent_dbt_environments, invent_dbt_projects
from omnipd_sandbox.invention.documents import invent_documents
from omnipd_sandbox.invention.drafts import Drafts
from omnipd_sandbox.invention.evals import invent_eval_runs, invent_prompt_sets
from omnipd_sandbox.invention.favorites import invent_favorite_dates
from omnipd_sandbox.invention.folders import invent_folders
from omnipd_sandbox.invention.git import GIT
from omnipd_sandbox.invention.groups import invent_group_roles, invent_groups
from omnipd_sandbox.invention.habits import invent_habit
from omnipd_sandbox.invention.labels import LABELS
from omnipd_sandbox.invention.models import invent_models
from omnipd_sandbox.invention.on_demand import OnDemand
from omnipd_sandbox.invention.own_models import invent_own_models
from omnipd_sandbox.invention.people import (
    invent_email_only_users,
    invent_embed_users,
    invent_newcomers,
    invent_users,
)
from omnipd_sandbox.invention.permits import invent_grants, widely_shared
from omnipd_sandbox.invention.prompts import invent_prompts
from omnipd_sandbox.invention.routines import invent_routines
from omnipd_sandbox.invention.schedules import invent_schedules
from omnipd_sandbox.invention.skills import invent_color_palettes, invent_skills
from omnipd_sandbox.invention.suggestions import invent_suggestions
from omnipd_sandbox.invention.uploads import invent_uploads
from omnipd_sandbox.organization.conversations import Conversation
from omnipd_sandbox.organization.derived import seed, stable_uuid
from omnipd_sandbox.organization.models import ModelReference
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import (
    Dashboard,
    Document,
    Folder,
    Grant,
    Group,
    User,
    by_id,
)
from omnipd_sandbox.organization.tables import Row


def invent_organization(
    models: Sequence[ModelReference], *, documents: int, folders: int, newcomers: bool = True
) -> Organization:
    """Invent an organization around some models, with those who came lately or without."""
    return _invent(tuple(models), documents, folders, newcomers, seed())


# Whoever asks for the same gets the same: organizations are never changed in place.
@lru_cache(maxsize=16)
def _invent(
    models: tuple[ModelReference, ...],
    documents: int,
    folders: int,
    newcomers: bool,
    seed: int,
) -> Organization:
    owners = invent_users()
    tree = by_id(invent_folders(owners, folders))
    content = by_id(invent_documents(owners, [*tree.values()], models, documents), "identifier")
    users = [*owners, *(invent_newcomers() if newcomers else ())]
    groups = invent_groups(users)
    email_only_users = invent_email_only_users()
    shared = by_id(models)
    model_records = invent_models(models)
    conversations = invent_conversations(users, models)
    widely = widely_shared(content.values())
    members = by_id(users, "membership_id")
    branches = [each for each in model_records if each.kind == "BRANCH"]
    drafts = Drafts(members, shared, branches)

    def grants(item: Document | Folder) -> tuple[Grant, ...]:
        everybody = isinstance(item, Document) and item.identifier == widely
        return invent_grants(item, users, groups, everybody=everybody)

    def dashboard(document: Document) -> Dashboard:
        return invent_dashboard(document, shared[document.model_id].subject)

    items: dict[str, Document | Folder] = {**tree, **content}
    return Organization(
        users=members,
        shared_models=shared,
        fixed_models=by_id(model_records),
        groups=by_id(groups),
        group_roles=invent_group_roles(groups, models),
        labels=by_id(LABELS, "name"),
        folders=tree,
        documents=content,
        attributes=ATTRIBUTES,
        embed_users=by_id(invent_embed_users(), "membership_id"),
        email_only_users=by_id(email_only_users, "membership_id"),
        schedules=by_id(invent_schedules([*content.values()], users, email_only_users, groups)),
        api_keys=by_id(invent_api_keys(users)),
        uploads=invent_uploads(users, [*content.values()], models),
        connections=by_id(invent_connections(models)),
        git={model.name: GIT[model.subject] for model in models if model.subject in GIT},
        conversations=by_id(conversations),
        tables=_tables(users, groups, models, conversations),
        refresh_jobs={
            stable_uuid("refresh job", status): status
            for status in ("COMPLETED", "FAILED", "IN_PROGRESS")
        },
        prompts=invent_prompts(models),
        credit_controls=CREDITS,
        grants=OnDemand(items, grants),
        drafts=OnDemand(content, drafts.of),
        dashboards=OnDemand(content, dashboard),
        forbidden=OnDemand(content, invent_forbidden),
        own_models=OnDemand(content, invent_own_models),
        favorited_at=OnDemand(content, invent_favorite_dates),
        habits=OnDemand(content, invent_habit),
        invented=(documents, folders, int(newcomers), seed),
    )


def _tables(
    users: Sequence[User],
    groups: Sequence[Group],
    models: Sequence[ModelReference],
    conversations: Sequence[Conversation],
) -> dict[str, Sequence[Row]]:
    administrator, token_holder = (each.membership_id for each in users[:2])
    dbt_projects = invent_dbt_projects(models)
    prompt_sets = invent_prompt_sets(models)
    own = [each for each in conversations if each.user_id == administrator]
    return {
        "environments": invent_environments(models),
        "refreshes": invent_refreshes(models),
        "dbt_projects": dbt_projects,
        "dbt_environments": invent_dbt_environments(dbt_projects, token_holder),
        "user_limits": invent_user_limits(users),
        "entity_limits": invent_entity_limits(),
        "skills": invent_skills(users),
        "color_palettes": invent_color_palettes(),
        "routines": invent_routines(users, groups, models),
        "prompt_sets": prompt_sets,
        "eval_runs": invent_eval_runs(prompt_sets, own),
        "suggestions": invent_suggestions(models, conversations, administrator),
    }
