"""Make Arrow streams that no writer makes: each is sound as a message and lies about its rows.

Run in this folder. A stream is written as usual, and then numbers inside its record batch are
replaced; each file is named after its lie.
"""

import struct
from pathlib import Path

import pyarrow as pa

HERE = Path(__file__).parent
ROWS = 1_234_567  # a number that is found again in the bytes


def stream(table):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def replaced(data, old, new, most=None):
    old, new = struct.pack("<q", old), struct.pack("<q", new)
    assert old in data
    return data.replace(old, new, -1 if most is None else most)


nulls = stream(pa.table({"users.state": pa.nulls(ROWS), "users.count": pa.nulls(ROWS)}))
few = stream(pa.table({"users.state": ["CA", "NY", "WA"] * 11, "users.count": list(range(33))}))
offsets = struct.pack("<4i", 0, 2, 4, 6)
assert offsets in few

FILES = {
    # Columns of nulls have no buffers, so that any number of rows fits into a few hundred bytes.
    "rows_2_to_the_40": replaced(nulls, ROWS, 2**40),
    "rows_2_to_the_62": replaced(nulls, ROWS, 2**62),
    "rows_negative": replaced(nulls, ROWS, -5),
    "rows_more_than_values": replaced(few, 33, 2**33),
    "rows_of_the_batch_only": replaced(few, 33, 34, most=1),
    "offsets_beyond_the_data": few.replace(offsets, struct.pack("<4i", 0, 2, 2**30, 6)),
    "offsets_that_go_back": few.replace(offsets, struct.pack("<4i", 0, 4, 2, 6)),
    "offsets_negative": few.replace(offsets, struct.pack("<4i", -8, 2, 4, 6)),
    "text_that_is_no_utf8": few.replace(b"CANYWA", b"CA\xffYWA", 1),
    "name_that_is_no_utf8": few.replace(b"users.state", b"users.\xfftate"),
}
for name, data in FILES.items():
    (HERE / f"{name}.arrow").write_bytes(data)
