"""The version, in a place that everything may look at."""

__version__ = "0.1.0"
