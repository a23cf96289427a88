"""Views of a query, or of SQL that names fields: what they select is known once others are typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model.circumstances import Circumstances, for_anybody
from omnipd_sandbox.engine.model.cut_times import cuts_time, is_cut
from omnipd_sandbox.engine.model.fields import TOO_DEEP, Fields
from omnipd_sandbox.engine.model.measures import as_one_select
from omnipd_sandbox.engine.model.model import Issue, Measure, Model, View, views_by_alias
from omnipd_sandbox.engine.model.read_views import NOT_YET, WAITING
from omnipd_sandbox.engine.model.references import FieldName, written_out
from omnipd_sandbox.engine.model.sql_dialect import written
from omnipd_sandbox.engine.model.types import to_be_typed_again, with_types
from omnipd_sandbox.engine.shortened import first_line
from omnipd_sandbox.refused_query import Refused

# From a model, the model as the view's topic sees it, and the view to what it selects for anybody.
WriteView = Callable[[Model, Model, View], exp.Query]

# A topic, or None for what all of them share, and a view of it.
_Place = tuple[str | None, str]


def with_all_types(
    model: Model, warehouse: Warehouse, write: WriteView
) -> tuple[Model, list[Issue]]:
    """Return the model with each field's type filled in, and what is wrong with its fields.

    Parameters
    ----------
    write
        Writes the query of a view.
    """
    learning = _Learning(model, warehouse, write)
    learning.learn_all()
    return learning.model, [*learning.issues, *learning.of_fields]


@dataclass
class _Learning:
    model: Model
    warehouse: Warehouse
    write: WriteView
    issues: list[Issue] = field(default_factory=list)
    # What is wrong with fields, as far as is known.
    of_fields: list[Issue] = field(default_factory=list)

    def learn_all(self) -> None:
        self._type()
        waiting = list(self._waiting())
        while waiting:
            reasons = {place: reason for place in waiting if (reason := self._learn(place))}
            if len(reasons) == len(waiting):
                # Those that wait for each other are told after what they wait for.
                broken = [place for place in waiting if WAITING not in reasons[place]] or waiting
                for place in broken:
                    self._give_up(place, reasons.pop(place))
            waiting = list(reasons)
            self._type()

    def _waiting(self) -> Iterator[_Place]:
        for at in (None, *self.model.topics):
            for name, view in self._views(at).items():
                if WAITING in view.unmodeled:
                    yield at, name

    def _views(self, at: str | None) -> Mapping[str, View]:
        return self.model.views if at is None else self.model.topics[at].views

    def _put(self, at: str | None, views: Mapping[str, View]) -> None:
        if at is None:
            self.model = replace(self.model, views=views)
        else:
            topic = replace(self.model.topics[at], views=views)
            self.model = replace(self.model, topics={**self.model.topics, at: topic})

    def _type(self) -> None:
        model = self.model
        views, issues = with_types(
            to_be_typed_again(model.views), model.relationships, self.warehouse, model.calendar
        )
        self._put(None, views)
        self.of_fields = self._placed(issues, views)
        known = {(each.view, each.field, each.message) for each in issues}
        for name, topic in model.topics.items():
            if not topic.views:
                continue
            seen = {**views, **to_be_typed_again(topic.views)}
            joins = (*model.relationships, *topic.relationships)
            typed, more = with_types(seen, joins, self.warehouse, model.calendar, topic.views)
            self._put(name, {each: typed[each] for each in topic.views})
            new = [each for each in more if (each.view, each.field, each.message) not in known]
            self.of_fields += [replace(each, yaml_path=topic.path) for each in new]

    def _placed(self, issues: list[Issue], views: Mapping[str, View]) -> list[Issue]:
        paths = {view.name: view.path for view in views.values()}
        return [replace(each, yaml_path=paths.get(each.view or "")) for each in issues]

    def _learn(self, place: _Place) -> str | None:
        """Find out what a view selects; give the reason why it cannot be found out."""
        at, name = place
        view = self._views(at)[name]
        topic = None if at is None else self.model.topics[at]
        seen = self.model.within(topic)
        try:
            if view.query is None:
                joins = (*self.model.relationships, *(topic.relationships if topic else ()))
                around = for_anybody(self.model.calendar)
                select = _with_fields(view, views_by_alias(seen.views, joins), around)
            else:
                select = self.write(self.model, seen, view)
            columns = self.warehouse.described(written(select))
        except Refused as refused:
            return first_line(refused.message)
        except RecursionError:
            return TOO_DEEP
        learned = _learned(view, select, columns, self._cut_columns(view, seen))
        self._put(at, {**self._views(at), name: learned})
        return None

    def _cut_columns(self, view: View, seen: Model) -> set[str]:
        """List the columns of a view's query that have times cut to a timeframe."""
        if view.query is None:
            return set()
        topic = self.model.topics.get(view.query.topic or "")
        joins = (*self.model.relationships, *(topic.relationships if topic else ()))
        views = views_by_alias((self.model.within(topic) if topic else seen).views, joins)
        cut = set()
        for text, column in view.query.outputs:
            name = FieldName.parse(text)
            alias = name.view if name and name.view in views else None
            found = views[alias].field(name.field) if name and alias else None
            if cuts_time(name.timeframe if name else None) or (
                found is not None and alias is not None and is_cut(views, alias, found)
            ):
                cut.add(column.lower())
        return cut

    def _give_up(self, place: _Place, reason: str) -> None:
        at, name = place
        view = self._views(at)[name]
        limits = "not model" in reason
        message = f"Not modeled: the query, because {reason}" if limits else f"The query: {reason}"
        path = view.path if at is None else self.model.topics[at].path
        self.issues.append(Issue(message, name, yaml_path=path))
        refused = replace(view, unmodeled=(f"a query that cannot be planned ({reason})",))
        self._put(at, {**self._views(at), name: refused})


def _learned(view: View, select: exp.Query, columns: list[tuple[str, str]], cut: set[str]) -> View:
    kinds = {name.lower(): kind for name, kind in columns}
    dimensions = {
        name: replace(each, sql_type=kinds.get(name.lower(), ""), is_cut=name.lower() in cut)
        if each.sql_type == NOT_YET
        else each
        for name, each in view.dimensions.items()
    }
    left = tuple(each for each in view.unmodeled if each != WAITING)
    return replace(view, dimensions=dimensions, select=select, sql_references=(), unmodeled=left)


def _with_fields(view: View, views: Mapping[str, View], around: Circumstances) -> exp.Query:
    """Write the fields out that the SQL of a view names."""

    def value(name: FieldName) -> exp.Expression:
        alias = name.view or ""
        if alias not in views:
            raise Refused("PLAN", f'No such view "{alias}"')
        fields = Fields(views, alias, around)
        found = views[alias].field(name.field)
        if isinstance(found, Measure) and name.timeframe is None:
            return as_one_select(fields.written_out(alias, found), fields.aggregates)
        return fields.row_value(name, alias)

    assert view.select is not None  # noqa: S101 - it has fields in it
    return written_out(view.select, view.sql_references, value)
