"""How the doctor names each way in which a sandbox can differ, and which ways no read can show."""

#: Knob → its value, and what the doctor then says: check → result and a part of the detail.
SEEN = {
    "accepts_labels_filter": (True, {"labels as a filter of content": ("ok", "taken")}),
    "accepts_sort_by_updated_at": (True, {"sortField=updatedAt of content": ("ok", "taken")}),
    "client_result_ids": (True, {"ids of results": ("note", "the server's own")}),
    "composite_topic": (True, {"composite topics": ("note", "1")}),
    "content_issues": ("object", {"issues of content": ("note", "object")}),
    "default_page_size": (7, {"records on a page where nobody says": ("note", "7")}),
    "folder_labels": (True, {"a call that labels folders": ("ok", "there (405)")}),
    "formats_as_objects": (True, {"format in results": ("note", "object")}),
    "labels_as_objects": (True, {"read_content": ("ok", "labels: list of object")}),
    "owner_ids": ("other", {"ids of owners": ("note", "others than those of users")}),
    "query_echo": ("query", {"query that the job repeats": ("note", "object")}),
    "relationship_ids": (False, {"ids of relationships": ("note", "not there")}),
    "scim_count_at_most": (7, {"users on a page": ("note", "7, though 100 were asked for")}),
    "total_records": ("remaining", {"totalRecords": ("note", "counts what is left")}),
    "trace_ids": (False, {"x-trace-id": ("note", "does not come")}),
    "typed_dashboard_filters": (
        True,
        {"form of dashboard filters": ("note", "name their field in full")},
    ),
    "unknown_owner": ("empty", {"content of an owner whom nobody is": ("note", "an empty list")}),
    "unrequested_columns": (True, {"columns that nobody asked for": ("note", "4")}),
    "v2_changes": (False, {"drafts below /api/v2/documents": ("ok", "not there (404)")}),
    "zone_of_instants": ("GMT", {"zone of instants": ("note", "GMT")}),
}

#: The same of those that hide what others show, and so stand alone.
SEEN_ALONE = {
    "feature_flag_off": (True, {"query": ("problem", "refused (403)")}),
    "first_answer": ("footer", {"first answer": ("note", "the footer alone")}),
    "ids": ("short", {"form of ids": ("note", "users: eight letters and digits")}),
    "key_scope": ("user", {"kind of the key": ("ok", "a personal access token")}),
    "old_shapes": (
        True,
        {"read_users": ("ok", "not there: emails"), "read_schedules": ("ok", "ownerId")},
    ),
    "permissions": (["QUERY_TOPICS"], {"permissions": ("ok", "permissions: QUERY_TOPICS")}),
    "rate_limited_after": (7, {"limit": ("problem", "429 after 8 calls")}),
    "redact_sql": (True, {"SQL of fields": ("note", "blank")}),
    "removed_routes": (
        True,
        {
            "read_connection_environments": ("note", "has the call no more"),
            "read_dashboard_filters": ("note", "has the call no more"),
        },
    ),
    "requests_per_minute": (7, {"limit": ("problem", "429 after 8 calls")}),
    "retry_after": ("date", {"limit": ("problem", "Retry-After: a date")}),
    "slow_job_polls": (2, {"first answer": ("note", "has to be waited for")}),
    "faults": (
        [
            {"kind": "drift", "path": "/api/v1/labels", "new_key": "shade"},
            {"kind": "drift", "path": "/api/v1/folders", "field": "name"},
            {"kind": "html", "path": "/api/v1/schedules"},
            {"kind": "status", "code": 503, "path": "/api/v1/color-palettes"},
            {"kind": "reset", "path": "/api/v1/skills"},
            {"kind": "not_ok", "path": "/api/v1/user-attributes"},
        ],
        {
            "read_labels": ("note", "unknown: shade"),
            "read_folders": ("problem", "other type: name is"),
            "read_schedules": ("problem", "200 with a web page"),
            "read_color_palettes": ("problem", "503"),
            "read_ai_skills": ("problem", "no whole answer"),
            "read_user_attributes": ("problem", "words of a failure"),
        },
    ),
}

#: What else has to be so that a knob shows.
WITH = {"retry_after": {"rate_limited_after": 7}}

_CONTENT = "It says what there is, not how the API is; names and numbers are nobody's business."
_CHANGES = "It shows only in what a change does."
_JOBS = "It shows only in queries of other kinds than one row of a topic."
#: Knob → why no call of the doctor can show it.
NOT_SEEN = {
    **dict.fromkeys(("size", "documents", "folders", "seed"), _CONTENT),
    **dict.fromkeys(("model_name", "topic_name"), _CONTENT),
    "tokens": "Other keys are not asked for.",
    **dict.fromkeys(("user_put", "user_patch", "email_only_upsert", "taken_folder_name"), _CHANGES),
    **dict.fromkeys(("root_scope", "existing_permits", "pull_requests", "access_boosts"), _CHANGES),
    **dict.fromkeys(("omitted_settings", "organization_role_case", "import_answer"), _CHANGES),
    **dict.fromkeys(("manual_sql_allowed", "totals", "failed_calculations"), _JOBS),
    **dict.fromkeys(("query_timezones", "memory_limit", "result_limit"), _JOBS),
    **dict.fromkeys(
        ("ai_credits_exhausted", "ai_result_type"), "It shows only where the AI works."
    ),
}
