"""What the tests of pictures share: content by hand, axes of their own, and what is seen on them."""

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import omnipd

mpl.use("agg")


def axes(width=9, height=6):
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure.subplots()


def folder(identity, name, path):
    return {"type": "folder", "id": identity, "name": name, "path": path}


def documents(number, home=None, **more):
    """So many documents in a folder."""
    record = {"type": "document", "name": "x", **more}
    record |= {"folder": {"id": home}} if home else {}
    return [record | {"identifier": f"{home}{more}{each}"} for each in range(number)]


def content(*records):
    return omnipd.flatten_content(
        [one for each in records for one in (each if isinstance(each, list) else [each])]
    )


def texts(ax):
    return [text.get_text() for text in ax.texts]


def legend(ax):
    return [] if ax.get_legend() is None else [text.get_text() for text in ax.get_legend().texts]


def draw(ax):
    """Draw everything there is, so that what matplotlib cannot draw is an error."""
    ax.figure.canvas.draw()
