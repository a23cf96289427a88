"""What all pictures have in common: what they need, where they draw, and names as they can be drawn."""

import subprocess
import sys

import pytest
from audit.pictures import axes, content, documents, draw, folder, legend, texts
from audit.test_access_cases import inventory
from matplotlib import font_manager

import omnipd
from omnipd import audit
from omnipd.audit.pictures import drawable

PICTURES = [audit.plot_folders, audit.plot_activity]
VIEWED = {"_count": {"views": 3}, "lastViewedAt": "2024-05-01T00:00:00Z"}


@pytest.mark.parametrize("name", ["plot_folders", "plot_activity", "plot_access"])
def test_without_matplotlib_the_extra_is_named(monkeypatch, name):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    given = inventory() if name == "plot_access" else content(*documents(1))
    with pytest.raises(omnipd.SettingsError, match="not installed: matplotlib") as caught:
        getattr(audit, name)(given)
    assert caught.value.hint == 'pip install "omnipd[plot]"'


def test_given_axes_leave_pyplot_alone_and_nothing_is_loaded_before():
    code = (
        "import sys, omnipd\n"
        "content = omnipd.flatten_content([{'type': 'document', 'identifier': 'd1'}])\n"
        "omnipd.audit\n"
        "assert 'matplotlib' not in sys.modules\n"
        "from matplotlib.figure import Figure\n"
        "ax = Figure().subplots()\n"
        "assert omnipd.audit.plot_folders(content, ax=ax) is ax\n"
        "assert omnipd.audit.plot_activity(content, ax=ax) is ax\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("picture", PICTURES)
def test_without_axes_there_is_a_figure_that_a_notebook_shows(picture):
    from matplotlib import pyplot as plt

    before = plt.get_fignums()
    ax = picture(content(*documents(1)))
    assert len(plt.get_fignums()) == len(before) + 1
    plt.close(ax.figure)


@pytest.mark.parametrize("picture", PICTURES)
def test_something_else_than_axes_or_content_is_refused(picture):
    with pytest.raises(omnipd.ArgumentError, match="is an Axes of matplotlib, not 'ax'"):
        picture(content(*documents(1)), ax="ax")
    with pytest.raises(omnipd.ArgumentError, match="Expected an Inventory, not"):
        picture([1], ax=axes())
    with pytest.raises(omnipd.ArgumentError, match="no column"):
        picture(content(*documents(1)).drop(columns="deleted"), ax=axes())


@pytest.mark.parametrize("picture", PICTURES)
def test_content_that_is_not_whole_says_so(picture):
    df = content(*documents(1, **VIEWED))
    assert "Not all" not in picture(df, ax=axes()).get_xlabel()
    df.attrs["omni"]["complete"] = False
    assert "Not all of the content is known." in picture(df, ax=axes()).get_xlabel()


@pytest.mark.parametrize("picture", PICTURES)
def test_what_is_in_the_trash_is_left_out(picture):
    ax = picture(content(*documents(2, deleted=True), folder("f", "F", "f")), ax=axes())
    assert texts(ax) == ["No documents"]
    assert len(ax.patches) == 0
    assert legend(ax) == []
    draw(ax)


def test_names_are_one_line_of_text_whatever_is_in_them():
    names = ["$x$ \\frac{", "a\nb\tc", "\x1b[31m", None, "", "a" * 300, "\u202eabc"]
    shown, _ = drawable(names)
    assert shown[:5] == ["$x$ \\frac{", "a b c", "\\x1b[31m", "(no name)", ""]
    assert (len(shown[5]), shown[5][-1]) == (200, "…")
    assert shown[6] == "\\u202eabc"


def test_letters_that_the_usual_font_lacks_are_of_another_or_a_box():
    usual = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    other = font_manager.get_font(font_manager.findfont("STIXGeneral"))
    # A mathematical letter that matplotlib's own second font has.
    letter = next(chr(one) for one in sorted(other.get_charmap()) if not usual.get_char_index(one))
    (shown,), families = drawable([f"a{letter}"])
    assert shown == f"a{letter}"
    assert len(families) > 1
    (boxed,), families = drawable(["a\U0001f680\u55b6"])
    if len(families) == 1:  # no font for them is installed here
        assert boxed == "a□□"
    ax = audit.plot_folders(
        content(folder("f", f"営{letter}🚀", "f"), *documents(2, "f", **VIEWED)), ax=axes()
    )
    draw(ax)
