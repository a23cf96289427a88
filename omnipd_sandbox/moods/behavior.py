"""The ways in which one Omni differs from another, as switches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from omnipd_sandbox.moods.faults import Fault
from omnipd_sandbox.moods.size import SizeName

RetryAfter = Literal["none", "seconds", "date"]
KeyScope = Literal["organization", "user"]

# The model, and the topic of the same name, that `model_name` and `topic_name` rename.
RENAMED = "flights"


@dataclass(frozen=True)
class Token:
    """Ask for one more key.

    Parameters
    ----------
    name : str
        What the key is listed under.
    key_scope : {"organization", "user"}
        Whether it acts for the organization or as one person.
    user : str, optional
        The membership id or e-mail of the person behind it; the administrator, or the member
        with the personal token, when None.
    token : str, optional
        The key itself; a new one when None.
    """

    name: str
    key_scope: KeyScope = "organization"
    user: str | None = None
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Behavior:
    """Choose between what the sources of the contract disagree on, or what varies by instance.

    Made from knobs, and checked, by :func:`omnipd_sandbox.moods.knobs.read_knobs`.

    Parameters
    ----------
    size : {"tiny", "demo", "large"}
        How large the invented organization is; a large one takes its time to start, and has
        five million order items.
    documents, folders : int, optional
        How much content there is, if not as much as the size says. One in about thirty documents
        is in the Trash and one in about eight is one person's own, and neither stands in the
        default list.
    seed : int
        Another number gives other people's choices: who owns what, how often it is viewed, ids.
    model_name, topic_name : str, optional
        Other names for the model ``flights`` and its topic ``flights``.
    key_scope : {"organization", "user"}
        Of which kind the main key is: the administrator's, or one member's own.
    tokens : tuple of Token
        Further keys.
    permissions : frozenset of str, optional
        What everybody who has a role may do on a model, in place of what the roles allow.
    requests_per_minute : int, optional
        Requests one ``Authorization`` value may make in any 60 seconds. Off when None;
        Omni's default is 60.
    rate_limited_after : int, optional
        Requests one ``Authorization`` value may make at all; every later one is 429.
    retry_after : {"none", "seconds", "date"}
        How a 429 says when to come back. No source says which form Omni uses.
    slow_job_polls : int
        Number of ``query/wait`` calls a query needs before it is done.
    default_page_size : int, optional
        Records on a page of a list whose request does not say how many; never more than the
        list allows.
    labels_as_objects : bool
        Give labels as ``{"name", "verified"}`` (older servers) instead of plain names.
    accepts_labels_filter : bool
        Accept ``labels`` on ``/content``; its absence from the specification means 400.
    accepts_sort_by_updated_at : bool
        Accept ``sortField=updatedAt`` on ``/content``; not in the specification either.
    redact_sql : bool
        Act as if nobody held ``VIEW_SQL``: topics' fields and query answers have no SQL. The files
        of models keep it; no source says otherwise.
    feature_flag_off : bool
        Take away the organization's feature flag for the query endpoints.
    manual_sql_allowed : bool
        Without it, SQL by hand fails as a job, whoever sends it.
    ai_credits_exhausted : bool
        Use up what the AI may cost: it answers 402.
    old_shapes : bool
        Give records the shapes of older servers and of the older documentation, wherever the
        sources of the contract disagree on a shape.
    total_records : {"all", "remaining"}
        What a page counts as ``totalRecords``: the whole list, or what is left of it from this
        page on.
    unrequested_columns : bool
        Give results what nobody asked for: sort keys, keys of the base view, and numbers as text with
        the number beside it under ``…__raw``.
    totals : {"behind_group", "last", "absent"}
        Where totals stand: each subtotal directly behind the rows of its group, and as many of each
        kind as the limit says, or fewer; all of them behind the rows, whatever the limit; or none come
        although they were asked for.
    query_echo : {"model_job", "query"}
        What a job says of its query: an object with it under ``model_job``, its keys in snake_case, or
        the query itself.
    formats_as_objects : bool
        Give formats of fields as ``{"value": "USDCURRENCY_2"}`` in what a job says of its result.
    failed_calculations : {"job", "summary"}
        Whether a calculation that cannot be computed fails the job, or stands in its summary.
    client_result_ids : bool
        Name a UUID of the server's own for each job.
    first_answer : {"lines", "footer", "408"}
        What ``query/run`` answers: the job's lines, or only which job to wait for, in the last line
        alone or with an error 408.
    trace_ids : bool
        Send ``x-trace-id`` with every answer.
    ai_result_type : {"json", "octet-stream"}
        What the result of an AI job says that it is; it is JSON either way.
    relationship_ids : bool
        Give the relationships of topics an ``id``.
    query_timezones : {"refused", "ignored", "applied"}
        What becomes of the time zone that a query names: it is 400 where the connection does not allow
        it, and ignored where only the organization does not.
    composite_topic : bool
        Have a topic ``everything`` in each model that is made of all others and has no base view.
    content_issues : {"text", "object"}
        Whether the content validator gives issues as text or as ``{"message": …}``.
    owner_ids : {"membership", "other"}
        By which id of theirs content names its owners: that of SCIM, or another that no user has.
    unknown_owner : {"not_found", "empty"}
        What a list of content answers for an owner whom it does not know.
    removed_routes : bool
        Do without the calls that newer servers have no more: the list of connection environments,
        the filters of dashboards, changing a document in place.
    v2_changes : bool
        Change documents below ``/api/v2/``, as newer servers do: drafts, their publication, other
        identifiers.
    folder_labels : bool
        Change the labels of folders by a call that is inferred from the name of a function.
    user_put : {"merge", "replace"}
        Whether a ``PUT`` of a user leaves what it does not say as it is, or gives it its default: no
        attributes, and the address as the name. Either way it makes the user active.
    user_patch : {"any", "declared"}
        What an operation of a ``PATCH`` of a user takes that has an object and no path: attributes,
        too, or only the keys that the specification declares; others are dropped silently.
    taken_folder_name : {"suffix", "refused"}
        Whether a folder is made whose path, as it follows from the name, is taken: with a number
        behind it, or not at all, 409.
    email_only_upsert : {"merge", "replace"}
        Whether an email-only user who is made again keeps the attributes that are not said.
    root_scope : {"kept", "restricted"}
        The scope of a document that is moved to the top by a call that says none: its own, or that
        of one person's own documents.
    existing_permits : {"replaced", "kept", "refused"}
        What becomes of the role somebody has where a call adds one: the new one takes its place, it
        stays silently, or the call is 400.
    pull_requests : {"ignored", "required"}
        Whether what is published by pull request only, as its settings say, can be published by a
        call all the same, or is 403.
    access_boosts : bool
        Keep access boosts that calls ask for; without it they are dropped silently, as where
        the organization does not allow them.
    omitted_settings : {"kept", "reset"}
        Whether a ``PUT`` of what a document allows leaves what it does not say as it is, or makes it
        what a new document has.
    organization_role_case : {"any", "lower", "upper"}
        How ``organizationRole`` is spelled there.
    ids : {"uuid", "short"}
        What ids look like: UUIDs, or eight letters and digits.
    typed_dashboard_filters : bool
        Give the filters of dashboards as filter objects that name their field in full, instead of
        ``kind`` and ``defaultValue`` beside ``viewName`` and ``fieldName``.
    zone_of_instants : str
        What instants in results call their zone, which is UTC by any name.
    import_answer : {"document", "workbook"}
        Where the answer to an import has the identifier of the document that was made: at its top,
        or below ``workbook``.
    scim_count_at_most : int, optional
        The most resources one page of a SCIM list holds, however many are asked for.
    memory_limit : int
        Bytes that the queries on one data set may take at a time, beside the data.
    result_limit : int
        Bytes that one result may have.
    faults : tuple of Fault
        What goes wrong, and how often.
    """

    size: SizeName = "demo"
    documents: int | None = None
    folders: int | None = None
    seed: int = 0
    model_name: str | None = None
    topic_name: str | None = None
    key_scope: KeyScope = "organization"
    tokens: tuple[Token, ...] = ()
    permissions: frozenset[str] | None = None
    requests_per_minute: int | None = None
    rate_limited_after: int | None = None
    retry_after: RetryAfter = "none"
    slow_job_polls: int = 0
    default_page_size: int | None = None
    labels_as_objects: bool = False
    accepts_labels_filter: bool = False
    accepts_sort_by_updated_at: bool = False
    redact_sql: bool = False
    feature_flag_off: bool = False
    manual_sql_allowed: bool = True
    ai_credits_exhausted: bool = False
    old_shapes: bool = False
    total_records: Literal["all", "remaining"] = "all"
    unrequested_columns: bool = False
    totals: Literal["behind_group", "last", "absent"] = "behind_group"
    query_echo: Literal["model_job", "query"] = "model_job"
    formats_as_objects: bool = False
    failed_calculations: Literal["job", "summary"] = "job"
    client_result_ids: bool = False
    first_answer: Literal["lines", "footer", "408"] = "lines"
    trace_ids: bool = True
    relationship_ids: bool = True
    ai_result_type: Literal["json", "octet-stream"] = "json"
    query_timezones: Literal["refused", "ignored", "applied"] = "refused"
    composite_topic: bool = False
    content_issues: Literal["text", "object"] = "text"
    owner_ids: Literal["membership", "other"] = "membership"
    unknown_owner: Literal["not_found", "empty"] = "not_found"
    removed_routes: bool = False
    v2_changes: bool = True
    folder_labels: bool = False
    user_put: Literal["merge", "replace"] = "merge"
    user_patch: Literal["any", "declared"] = "any"
    taken_folder_name: Literal["suffix", "refused"] = "suffix"
    email_only_upsert: Literal["merge", "replace"] = "merge"
    root_scope: Literal["kept", "restricted"] = "kept"
    existing_permits: Literal["replaced", "kept", "refused"] = "replaced"
    pull_requests: Literal["ignored", "required"] = "ignored"
    access_boosts: bool = True
    omitted_settings: Literal["kept", "reset"] = "kept"
    organization_role_case: Literal["any", "lower", "upper"] = "any"
    ids: Literal["uuid", "short"] = "uuid"
    typed_dashboard_filters: bool = False
    zone_of_instants: Literal["UTC", "Etc/UTC", "GMT", "Zulu", "Z", "+00:00"] = "UTC"
    import_answer: Literal["document", "workbook"] = "document"
    scim_count_at_most: int | None = None
    memory_limit: int = 1_000_000_000
    result_limit: int = 500_000_000
    faults: tuple[Fault, ...] = ()
