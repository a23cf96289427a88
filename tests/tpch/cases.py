"""All cases."""

from tpch.filters_and_shapes import FILTERS_AND_SHAPES
from tpch.measures_and_joins import MEASURES_AND_JOINS
from tpch.questions import QUESTIONS

CASES = [*QUESTIONS, *MEASURES_AND_JOINS, *FILTERS_AND_SHAPES]
