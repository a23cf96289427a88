"""A list is put in order once for all its pages, and nobody can tell."""

from omnipd_sandbox.calls.kept import Kept

ORDER = {"sortField": "name", "sortDirection": "asc"}


def read(lists, key, make):
    """Give the list of a key, made now if it is not kept."""
    found = lists.find(key)
    return lists.keep(key, make()) if found is None else found


class Made:
    """Make lists, and know how often."""

    def __init__(self):
        self.lists = []

    def of(self, length):
        def make():
            self.lists.append(list(range(length)))
            return self.lists[-1]

        return make


def test_a_list_is_made_once_for_one_key():
    made, lists = Made(), Kept(len, at_most=1_000_000)
    first = read(lists, ("a", 1), made.of(3))
    assert read(lists, ("a", 1), made.of(3)) is first
    assert len(made.lists) == 1
    assert read(lists, ("a", 2), made.of(0)) == read(lists, ("a", 2), made.of(0)) == []
    assert len(made.lists) == 2


def test_the_list_that_was_read_longest_ago_goes_first():
    made, lists = Made(), Kept(len, at_most=10)
    read(lists, "a", made.of(5))
    read(lists, "b", made.of(5))
    read(lists, "a", made.of(5))
    read(lists, "c", made.of(1))
    assert [len(each) for each in made.lists] == [5, 5, 1]
    read(lists, "a", made.of(5))
    read(lists, "c", made.of(1))
    assert len(made.lists) == 3
    read(lists, "b", made.of(5))
    assert len(made.lists) == 4


def test_a_list_longer_than_all_may_be_is_kept_alone():
    made, lists = Made(), Kept(len, at_most=10)
    read(lists, "short", made.of(1))
    read(lists, "long", made.of(11))
    read(lists, "long", made.of(11))
    assert len(made.lists) == 2
    read(lists, "short", made.of(1))
    read(lists, "long", made.of(11))
    assert len(made.lists) == 4


def test_a_change_is_seen_by_the_next_page(serve, connect):
    wire = connect(serve(documents=4, folders=0))
    before = wire.content(**ORDER).json["records"]
    renamed = before[1]["identifier"]
    answer = wire.send("PATCH", f"/api/v1/documents/{renamed}", {"name": "!"})
    assert answer.status == 200, answer.body
    after = wire.content(**ORDER).json["records"]
    assert [each["name"] for each in after] == [
        "!",
        *(each["name"] for each in before if each["identifier"] != renamed),
    ]


def test_a_change_in_the_middle_of_a_walk_leaves_its_cursor_good(serve, connect):
    wire = connect(serve(documents=6, folders=0))
    names = [each["name"] for each in wire.content(**ORDER).json["records"]]
    page = wire.content(**ORDER, pageSize=3).json
    assert wire.send("POST", "/api/v1/folders", {"name": "!"}).status < 300
    rest = wire.content(**ORDER, pageSize=3, cursor=page["pageInfo"]["nextCursor"]).json
    assert [each["name"] for each in page["records"] + rest["records"]] == names
    assert rest["pageInfo"]["totalRecords"] == len(names) + 1


def test_a_refused_change_changes_no_list(serve, connect):
    wire = connect(serve(documents=4, folders=0))
    before = wire.content(**ORDER, include="_count").body
    assert wire.send("POST", "/api/v1/folders", {"name": ""}).status == 400
    assert wire.content(**ORDER, include="_count").body == before


def test_counts_in_folders_follow_a_document_that_moves(serve, connect):
    wire = connect(serve(documents=3, folders=1))

    def counts():
        folders = wire.get("/api/v1/folders", include="_count").json["records"]
        return [each["_count"]["documents"] for each in folders]

    [before] = counts()
    [folder] = wire.get("/api/v1/folders").json["records"]
    document = next(
        each
        for each in wire.get("/api/v1/documents").json["records"]
        if each["folder"] is None or each["folder"]["id"] != folder["id"]
    )
    moved = wire.send(
        "POST",
        f"/api/v1/documents/{document['identifier']}/move",
        {"folderPath": folder["path"], "scope": "organization"},
    )
    assert moved.status == 200, moved.body
    assert counts() == [before + 1]


def test_callers_do_not_share_a_list(server, connect):
    personal = connect(server, server.personal_key)
    everything = connect(server).get("/api/v1/documents").json["pageInfo"]["totalRecords"]
    visible = personal.get("/api/v1/documents").json["pageInfo"]["totalRecords"]
    assert 0 < visible < everything
