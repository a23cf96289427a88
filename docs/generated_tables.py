"""Tables that are made when the pages are built, from what the code itself says.

``joins-drawing`` draws how the frames of the readers join, ``sandbox-calls`` lists what the sandbox
answers, ``model-fields`` the fields that one of its models offers, ``editable-columns`` what of the frames
can be edited, ``failures`` what may fail, and ``failure-tests`` which tests prove what then happens.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import join_drawing
from docutils import nodes
from failure_table import MODEL, TESTS, failures, proofs
from join_table import PAGE, all_joins
from sphinx.util.docutils import SphinxDirective

from omnipd.changes.edited_frame import EDITED_FRAMES
from omnipd_sandbox.api.endpoints import endpoints
from omnipd_sandbox.engine.bundled import bundled_models
from omnipd_sandbox.engine.model.model import Dimension, Model
from omnipd_sandbox.engine.plan.metadata import data_type
from omnipd_sandbox.moods.behavior import Behavior

#: A cell: plain text, or code when its first letter is a backquote.
Row = Sequence[str]


def sandbox_calls(*, writes: bool) -> Iterator[Row]:
    """Yield the calls of the sandbox that change it, or the others, with what each does."""
    for endpoint in endpoints(Behavior()):
        if endpoint.writes != writes:
            continue
        first_line = (endpoint.answer.__doc__ or "").partition("\n")[0]
        yield f"`{endpoint.method} {endpoint.path}", first_line


def bundled_model(name: str) -> Model:
    """Return a model of the sandbox by its name."""
    return next(model for model, _ in bundled_models() if model.name.lower() == name)


def views_of(model: Model) -> Iterator[tuple[str, str]]:
    """Yield the views that the topics of a model join: the name in a query, and the view behind it."""
    aliases = {topic.base_view: topic.base_view for topic in model.topics.values()}
    for relationship in model.relationships:
        aliases |= {
            relationship.left: relationship.left_view,
            relationship.right: relationship.right_view,
        }
    yield from aliases.items()


def view_fields(model: Model, view: str, alias: str) -> Iterator[Row]:
    """Yield name, kind, type and meaning of each field of a view that is not hidden."""
    for found in (*model.views[view].dimensions.values(), *model.views[view].measures.values()):
        if not found.hidden:
            kind = "dimension" if isinstance(found, Dimension) else "measure"
            meaning = ". ".join(part for part in (found.label, found.description) if part)
            yield f"`{alias}.{found.name}", kind, data_type(found.sql_type), meaning


def editable_columns() -> Iterator[Row]:
    """Yield the readers whose frames can be edited, with the columns, and whether rows can be made or deleted."""
    rows = (
        (
            f"`{one.name}",
            ", ".join(one.editable.columns) or "none",
            "Yes" if one.editable.row is not None else "No",
        )
        for one in EDITED_FRAMES
    )
    yield from dict.fromkeys(rows)  # roles are read of users or of groups


class JoinsDrawing(SphinxDirective):
    """How the frames of the readers join."""

    def run(self) -> list[nodes.Node]:
        """Return the drawing."""
        for source in (PAGE, join_drawing.REFERENCE, join_drawing.__file__):
            self.env.note_dependency(str(source))
        return [nodes.raw("", join_drawing.draw(all_joins()), format="html")]


class EditableColumns(SphinxDirective):
    """What of the frames of the readers can be edited."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        return [
            table(
                ("Reader", "Columns", "New and missing rows"),
                list(editable_columns()),
                (35, 45, 20),
            )
        ]


class Failures(SphinxDirective):
    """What may fail in one part of ``failure_model.toml``: how often it is tried, how it ends, what is kept."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table; its cells are Markdown."""
        self.env.note_dependency(str(MODEL))
        lines = [
            "| What happens | Tried | How it ends | What is kept |",
            "|---|---|---|---|",
            *(
                f"| {one.what} | {one.tried} | {one.ends} | {one.kept} |"
                for one in failures()
                if one.part == self.arguments[0]
            ),
        ]
        made = self.parse_text_to_nodes("\n".join(lines))
        for found in made:
            if isinstance(found, nodes.table):
                found["classes"].append("failures")
        return made


class FailureTests(SphinxDirective):
    """Each failure with the tests that are marked with it."""

    def run(self) -> list[nodes.Node]:
        """Return a table for each part."""
        self.env.note_dependency(str(MODEL))
        made: list[nodes.Node] = []
        for title in dict.fromkeys(one.title for one in failures()):
            rows = []
            for one in failures():
                if one.title == title:
                    found = [proof for proof in proofs() if proof.failure == one.name]
                    files = dict.fromkeys(proof.file for proof in found)
                    for file in files:
                        self.env.note_dependency(str(TESTS / file))
                    rows.append(
                        _proven(
                            one.name,
                            {
                                file: [proof.test for proof in found if proof.file == file]
                                for file in files
                            },
                        )
                    )
            made.append(nodes.rubric(text=title))
            made += self.parse_text_to_nodes("\n".join(["| Row | Tests |", "|---|---|", *rows]))
        return made


def _proven(name: str, tests: dict[str, list[str]]) -> str:
    said = (
        f"`{file}`: " + ", ".join(_sentence(one) for one in found) for file, found in tests.items()
    )
    return f"| `{name}` | {'; '.join(said)} |"


def _sentence(test: str) -> str:
    return test.removeprefix("test_").replace("_", " ")


class SandboxCalls(SphinxDirective):
    """The calls that the sandbox answers; with ``changes``, those that change it."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        return [
            table(
                ("Call", "What it does"),
                list(sandbox_calls(writes=self.arguments == ["changes"])),
                (50, 50),
            )
        ]


class ModelFields(SphinxDirective):
    """The fields of a model, one table per view, or those of the one view that is named."""

    required_arguments = 1
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a heading and a table for each view."""
        name, *only = self.arguments
        model = bundled_model(name)
        made: list[nodes.Node] = []
        for alias, view in views_of(model):
            if only and alias not in only:
                continue
            rows = list(view_fields(model, view, alias))
            if rows:
                made.append(nodes.rubric(text=_title(model, alias, view)))
                made.append(table(("Field", "Kind", "Type", "Meaning"), rows, (38, 12, 14, 36)))
        return made


def _title(model: Model, alias: str, view: str) -> str:
    name = alias if alias == view else f"{alias} (the view {view})"
    description = model.views[view].description if alias == view else None
    return f"{name}: {description}" if description else name


def table(header: Row, rows: Sequence[Row], widths: Sequence[int]) -> nodes.table:
    """Build a table from text cells."""
    group = nodes.tgroup(cols=len(header))
    group += [nodes.colspec(colwidth=width) for width in widths]
    head, body = nodes.thead(), nodes.tbody()
    head += _row(header)
    body += [_row(row) for row in rows]
    group += [head, body]
    made = nodes.table(classes=["generated"])
    made += group
    return made


def _row(cells: Row) -> nodes.row:
    row = nodes.row()
    for cell in cells:
        text = nodes.literal(text=cell[1:]) if cell.startswith("`") else nodes.Text(cell)
        row += nodes.entry("", nodes.paragraph("", "", text))
    return row


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx of the directives."""
    app.add_directive("editable-columns", EditableColumns)
    app.add_directive("failures", Failures)
    app.add_directive("failure-tests", FailureTests)
    app.add_directive("joins-drawing", JoinsDrawing)
    app.add_directive("sandbox-calls", SandboxCalls)
    app.add_directive("model-fields", ModelFields)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
