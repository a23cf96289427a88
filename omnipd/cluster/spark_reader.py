"""The data source itself, which Spark's processes load by its name; only where Spark is installed."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import types
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

from omnipd.cluster.read_piece import ReadPiece
from omnipd.cluster.spark_options import read_options
from omnipd.errors import ArgumentError, ResponseError
from omnipd.queries.pieces import Piece

#: So many rows go to Spark at once.
_BATCH_ROWS = 2**16
_MOST_DIGITS = 38

# Spark's type for each of Arrow's, and the one in which Spark takes it: none has unsigned numbers.
_TYPES: dict[pa.DataType, tuple[types.DataType, pa.DataType]] = {
    pa.null(): (types.NullType(), pa.null()),
    pa.bool_(): (types.BooleanType(), pa.bool_()),
    pa.int8(): (types.ByteType(), pa.int8()),
    pa.int16(): (types.ShortType(), pa.int16()),
    pa.int32(): (types.IntegerType(), pa.int32()),
    pa.int64(): (types.LongType(), pa.int64()),
    pa.uint8(): (types.ShortType(), pa.int16()),
    pa.uint16(): (types.IntegerType(), pa.int32()),
    pa.uint32(): (types.LongType(), pa.int64()),
    pa.uint64(): (types.DecimalType(20, 0), pa.decimal128(20, 0)),
    pa.float16(): (types.FloatType(), pa.float32()),
    pa.float32(): (types.FloatType(), pa.float32()),
    pa.float64(): (types.DoubleType(), pa.float64()),
    pa.string(): (types.StringType(), pa.string()),
    pa.large_string(): (types.StringType(), pa.string()),
    pa.binary(): (types.BinaryType(), pa.binary()),
    pa.large_binary(): (types.BinaryType(), pa.binary()),
    pa.date32(): (types.DateType(), pa.date32()),
    pa.date64(): (types.DateType(), pa.date32()),
}


def sparks_types(name: str, kind: pa.DataType) -> tuple[types.DataType, pa.DataType]:
    """Return Spark's type for a column, and the type in which Spark takes it from Arrow.

    Raises
    ------
    ArgumentError
        If Spark has none that holds the values exactly.
    """
    if pa.types.is_timestamp(kind):
        if kind.tz is None:
            return types.TimestampNTZType(), pa.timestamp("us")
        return types.TimestampType(), pa.timestamp("us", "UTC")
    if pa.types.is_decimal(kind):
        scale = max(kind.scale, 0)
        digits = max(kind.precision - min(kind.scale, 0), scale)
        if digits <= _MOST_DIGITS:
            return types.DecimalType(digits, scale), pa.decimal128(digits, scale)
    elif kind in _TYPES:
        return _TYPES[kind]
    raise ArgumentError(
        f"{name} is {kind}, and Spark has no type that holds it exactly.",
        hint='Leave it out; decimals come as floats with option("decimals", "float64").',
    )


def as_spark_takes_them(table: pa.Table) -> pa.Table:
    """Return a table with the types in which Spark takes its columns; nothing is rounded.

    Raises
    ------
    ResponseError
        If a value is finer than Spark's, which are in microseconds.
    """
    columns = []
    for field, column in zip(table.schema, table.columns, strict=True):
        kind, fault = sparks_types(field.name, field.type)[1], ""
        try:
            columns.append(column.cast(kind))
        except pa.ArrowException as error:
            fault = str(error)
        if fault:
            raise ResponseError(f"{field.name} is {kind} in Spark, and has other values: {fault}")
    return pa.Table.from_arrays(columns, names=table.column_names)


class OnePiece(InputPartition):
    """One partition: the filter of its piece."""

    def __init__(self, piece: Piece) -> None:
        super().__init__(piece)


class PieceReader(DataSourceReader):
    """Reads the pieces; it is sent to the workers."""

    def __init__(self, read: ReadPiece) -> None:
        self._read = read

    def partitions(self) -> list[InputPartition]:
        """Return a partition for each piece."""
        return [OnePiece(piece) for piece in self._read.pieces()]

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a piece, once all of them are there."""
        table, run = self._read.table(partition.value)
        yield from run.guarded(lambda: as_spark_takes_them(table)).to_batches(_BATCH_ROWS)


class OmniSource(DataSource):
    """A governed query, as :func:`omnipd.spark_source` has it."""

    @classmethod
    def name(cls) -> str:
        """Return how the format is called."""
        return "omni"

    def schema(self) -> types.StructType:
        """Return the columns of the query."""
        return types.StructType(
            [
                types.StructField(field.name, sparks_types(field.name, field.type)[0])
                for field in self._read_piece().columns
            ]
        )

    def reader(self, schema: types.StructType) -> PieceReader:
        """Return what reads the pieces; refuse columns that are not those of the query."""
        own = [(field.name, field.dataType) for field in self.schema()]
        if [(field.name, field.dataType) for field in schema] != own:
            raise ArgumentError(
                "The schema that the reader was given names other columns or types than the query has.",
                hint="Leave it out, and select or cast columns of the frame.",
            )
        return PieceReader(self._read_piece())

    def _read_piece(self) -> ReadPiece:
        """Return what reads the pieces; it is made once, and pickled with this."""
        known: ReadPiece | None = getattr(self, "_read", None)
        self._read = known or read_options(self.options)
        return self._read
