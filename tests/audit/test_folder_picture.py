"""Tiles as large as what is in folders, one for each, and names only where they fit."""

import pytest
from audit.pictures import axes, content, documents, draw, folder, legend, texts
from matplotlib.colors import to_hex

import omnipd
from omnipd import audit
from omnipd.audit.pictures import NOT_KNOWN


def views(number):
    return {"_count": {"views": number}}


TREE = content(
    folder("s", "Sales", "sales"),
    folder("e", "EMEA", "sales/emea"),
    folder("q", "Q1", "sales/emea/q1"),
    folder("o", "Ops", "ops"),
    folder("n", "New", "new"),
    documents(2, "s", **views(10)),
    documents(3, "e", **views(1)),
    documents(1, "q", **views(7)),
    documents(4, "o", **views(0)),
    documents(2, None, **views(5)),
    documents(1, "gone", **views(2)),
)


def areas(ax):
    """The areas of the tiles as parts of the whole."""
    sizes = [patch.get_width() * patch.get_height() for patch in ax.patches]
    return sorted((size / sum(sizes) for size in sizes), reverse=True)


@pytest.mark.parametrize(
    ("by", "depth", "expected"),
    [
        ("documents", 1, {"Sales": 6, "Ops": 4, "(in no folder)": 2, "(in folders not listed)": 1}),
        (
            "documents",
            2,
            {
                "Sales / EMEA": 4,
                "Ops": 4,
                "Sales": 2,
                "(in no folder)": 2,
                "(in folders not listed)": 1,
            },
        ),
        (
            "documents",
            9,
            {
                "Ops": 4,
                "Sales / EMEA": 3,
                "Sales": 2,
                "(in no folder)": 2,
                "Sales / EMEA / Q1": 1,
                "(in folders not listed)": 1,
            },
        ),
        ("views", 1, {"Sales": 30, "(in no folder)": 10, "(in folders not listed)": 2}),
        (
            "views",
            2,
            {"Sales": 20, "Sales / EMEA": 10, "(in no folder)": 10, "(in folders not listed)": 2},
        ),
    ],
)
def test_each_folder_has_its_share_of_the_area(by, depth, expected):
    ax = audit.plot_folders(TREE, by=by, depth=depth, ax=axes())
    total = sum(expected.values())
    assert areas(ax) == pytest.approx([size / total for size in sorted(expected.values())[::-1]])
    said = {" ".join(text.split("\n")) for text in texts(ax)}
    one = {1: f"1 {by[:-1]}"}
    assert said == {f"{name} {one.get(size, f'{size} {by}')}" for name, size in expected.items()}
    assert ax.get_xlabel().startswith(f"Area: {total} {by}\n")
    assert ax.get_title(loc="left") == f"{by.capitalize()} by folder"
    draw(ax)


def test_folders_with_nothing_in_them_are_counted_and_not_drawn():
    # One without documents; by views also the one that nobody views.
    assert "not shown: 1." in audit.plot_folders(TREE, ax=axes()).get_xlabel()
    assert "not shown: 2." in audit.plot_folders(TREE, by="views", ax=axes()).get_xlabel()


def test_views_that_are_not_known_are_hatched_and_never_none():
    df = content(
        folder("a", "Asked", "a"),
        folder("p", "Partly", "p"),
        folder("u", "Unknown", "u"),
        documents(2, "a", **views(4)),
        documents(2, "p", **views(3)),
        documents(1, "p"),
        documents(3, "u"),
    )
    ax = audit.plot_folders(df, ax=axes())
    hatched = [patch for patch in ax.patches if patch.get_hatch()]
    assert len(hatched) == 2
    assert {to_hex(patch.get_facecolor()) for patch in hatched} == {NOT_KNOWN}
    assert legend(ax) == ["Views not known, or not all"]
    bar = next(one for one in ax.figure.axes if one is not ax)
    assert bar.get_ylabel() == "Views per document"
    by_views = audit.plot_folders(df, by="views", ax=axes())
    assert texts(by_views) == ["Asked\n8 views", "Partly\n6 views or more"]
    assert "Folders without views are not shown" not in by_views.get_xlabel()
    assert "Folders whose views are not known are not shown: 1." in by_views.get_xlabel()
    draw(by_views)


def test_a_scale_has_each_color_once_and_dark_tiles_have_light_text():
    ax = audit.plot_folders(TREE, depth=1, ax=axes())
    colors = {
        text.get_text().split("\n")[0]: (text.get_color(), to_hex(patch.get_facecolor()))
        for text, patch in zip(ax.texts, ax.patches, strict=True)
    }
    # 30 views of 6 documents and 10 of 2 are 5 each, the most; 0 of 4 the least.
    assert colors["Sales"] == colors["(in no folder)"]
    assert colors["Sales"][0] == "black"
    assert colors["Ops"][0] == "white"


def overlaps(ax):
    boxes = [text.get_window_extent() for text in ax.texts]
    return [
        (one, other)
        for place, one in enumerate(boxes)
        for other in boxes[place + 1 :]
        if one.overlaps(other)
    ]


@pytest.mark.thorough
@pytest.mark.parametrize("size", [(9, 6), (3, 2)])
def test_of_five_hundred_folders_those_with_room_have_names_and_none_meet(size):
    names = [
        "$x$ and \\frac{",
        "\x1b[31mred\n",
        "長い名前" * 9,
        "a" * 300,
        "مرحبا",
        "_^",
        "%s{}",
        "",
    ]
    df = content(
        *(
            folder(f"f{each}", names[each] if each < len(names) else f"Folder {each}", f"p{each}")
            for each in range(500)
        ),
        *(documents(1 + 600 // (each + 1), f"f{each}", **views(each)) for each in range(500)),
    )
    ax = audit.plot_folders(df, ax=axes(*size))
    assert len(ax.patches) == 500
    draw(ax)
    assert overlaps(ax) == []
    assert len(ax.texts) < 60
    tiles = {id(patch): patch.get_window_extent() for patch in ax.patches}
    for text in ax.texts:
        box = text.get_window_extent()
        assert any(
            tile.x0 <= box.x0 and box.x1 <= tile.x1 and tile.y0 <= box.y0 and box.y1 <= tile.y1
            for tile in tiles.values()
        ), text.get_text()
    if size == (9, 6):
        assert texts(ax)[0] == "$x$ and \\frac{\n601 documents"
        assert texts(ax)[1] == "\\x1b[31mred\n301 documents"


def test_no_rows_and_one_row_are_pictures_too():
    ax = audit.plot_folders(TREE.head(0), ax=axes())
    assert (texts(ax), len(ax.patches)) == (["No documents"], 0)
    ax = audit.plot_folders(content(*documents(1)), by="views", ax=axes())
    assert (texts(ax), len(ax.patches)) == (["No views"], 0)
    ax = audit.plot_folders(content(*documents(1)), ax=axes())
    assert (texts(ax), len(ax.patches)) == (["(in no folder)\n1 document"], 1)
    draw(ax)


def test_what_it_cannot_draw_by_is_refused():
    with pytest.raises(omnipd.ArgumentError, match="by="):
        audit.plot_folders(TREE, by="owners", ax=axes())
    with pytest.raises(omnipd.ArgumentError, match="depth="):
        audit.plot_folders(TREE, depth=0, ax=axes())


def test_an_inventory_is_drawn_as_its_content_and_adds_up(omni):
    df = omnipd.read_content()
    ax = audit.plot_folders(omnipd.Inventory({"content": df}), depth=1, ax=axes())
    number = int((df["type"] == "document").sum())
    top = df[(df["type"] == "document") & df["folder_id"].isna()]
    tree = omnipd.folder_tree(df)
    sizes = [*tree[tree["depth"] == 1]["total_documents"], len(top)]
    assert areas(ax) == pytest.approx(sorted((one / number for one in sizes if one), reverse=True))
