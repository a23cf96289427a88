def test_an_organization_key_is_its_creator(server, wire):
    admin = server.organization.administrator
    answer = wire.get("/api/v1/whoami").json
    assert set(answer) == {"user", "keyScope", "orgRole", "rolesByModel"}
    assert answer["user"] == {"id": admin.user_id, "membershipId": admin.membership_id}
    assert answer["user"]["id"] != answer["user"]["membershipId"]
    assert (answer["keyScope"], answer["orgRole"]) == ("organization", "ORG_ADMIN")


def test_a_personal_token_is_its_user(server, connect):
    answer = connect(server, server.personal_key).get("/api/v1/whoami").json
    assert (answer["keyScope"], answer["orgRole"]) == ("user", "MEMBER")
    assert answer["user"]["membershipId"] == server.organization.token_holder.membership_id


def test_each_model_has_a_role_and_what_it_allows(wire):
    roles = wire.get("/api/v1/whoami").json["rolesByModel"]
    assert roles
    for role in roles.values():
        assert set(role) == {"roleName", "baseRole", "connectionId", "permissions"}
        assert role["baseRole"] == "CONNECTION_ADMIN"
        assert {"QUERY_TOPICS", "QUERY_FULL_MODEL", "QUERY_SQL", "VIEW_SQL"} <= set(
            role["permissions"]
        )


def test_model_ids_filter_the_roles(wire):
    roles = wire.get("/api/v1/whoami").json["rolesByModel"]
    wanted = list(roles)[-1]
    filtered = wire.get("/api/v1/whoami", modelId=wanted.upper()).json["rolesByModel"]
    assert filtered == {wanted: roles[wanted]}
    both = wire.get("/api/v1/whoami", modelId=",".join(roles)).json["rolesByModel"]
    assert both == roles


def test_a_model_without_a_role_is_404_like_an_unknown_one(wire):
    answer = wire.get("/api/v1/whoami", modelId="00000000-0000-0000-0000-000000000000")
    assert answer.status == 404


def test_a_model_id_that_is_no_uuid_is_400_and_counted_from_zero(wire):
    known = next(iter(wire.get("/api/v1/whoami").json["rolesByModel"]))
    answer = wire.get("/api/v1/whoami", modelId=f"{known},x")
    assert (answer.status, answer.json["detail"]) == (400, "Bad Request: modelId.1: Invalid uuid")


def test_it_answers_with_the_query_api_switched_off(serve, connect):
    assert connect(serve(documents=0, feature_flag_off=True)).get("/api/v1/whoami").status == 200


def test_nobody_may_view_sql_where_it_is_redacted(serve, connect):
    roles = connect(serve(documents=0, redact_sql=True)).get("/api/v1/whoami").json["rolesByModel"]
    assert all("VIEW_SQL" not in role["permissions"] for role in roles.values())
