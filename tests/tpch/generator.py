"""Write the tables of TPC-H with DuckDB's generator; run by an interpreter that has its extension.

``make_data.py`` makes that interpreter. Nothing else is imported here.
"""

import sys
from pathlib import Path


def generate(folder: Path, scale: float, every: int) -> None:
    """Write a Parquet file for each table; of the orders, with their lines, each so-manyth only."""
    import duckdb
    import duckdb_extension_tpch

    [extension] = Path(duckdb_extension_tpch.__file__).parent.rglob("*.duckdb_extension")
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    connection.execute(f"CALL dbgen(sf = {scale})")
    connection.execute(
        "CREATE TABLE kept AS SELECT o_orderkey FROM orders"
        f" QUALIFY row_number() OVER (ORDER BY o_orderkey) % {every} = 0"
    )
    connection.execute("DELETE FROM lineitem WHERE l_orderkey NOT IN (FROM kept)")
    connection.execute("DELETE FROM orders WHERE o_orderkey NOT IN (FROM kept)")
    connection.execute("DROP TABLE kept")
    for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
        connection.execute(
            f"COPY (FROM {table} ORDER BY ALL) TO '{folder / table}.parquet'"
            " (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19)"
        )


if __name__ == "__main__":
    generate(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
