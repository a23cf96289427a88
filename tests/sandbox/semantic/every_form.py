"""A model of every form that Omni's pages show, and a small database under it.

The shops: North (1, rent 100.10, opened 31 January 2024, in Ulm), South (2, 200.20, no date, in
Ulm), West (3, 300.30, 31 December 2024, in Rome). Sales 1 and 2 are North's (1.50, 2.50), sale 3
South's (4.00), sale 4 (5.00) is void.
"""

from pathlib import Path

from omnipd_sandbox.engine.data.warehouse import Dataset, Warehouse
from omnipd_sandbox.engine.model.files import read_files
from omnipd_sandbox.engine.model.model import Model
from omnipd_sandbox.engine.read_model import read_checked_model

MODEL_ID = "00000000-0000-4000-8000-000000000001"
FILES = read_files(Path(__file__).parent / "every_form_files")
TABLES = """
CREATE TABLE shops (id INTEGER, name VARCHAR, rent DECIMAL(10, 2), opened DATE, town VARCHAR,
                    secret VARCHAR);
CREATE TABLE sales (id INTEGER, shop_id INTEGER, price DECIMAL(10, 2), sold TIMESTAMP,
                    status VARCHAR);
CREATE TABLE order__items (order_id INTEGER, line INTEGER, sku VARCHAR);
CREATE TABLE notes (id INTEGER, note VARCHAR);
CREATE TABLE secrets (id INTEGER);
CREATE SCHEMA raw;
CREATE TABLE raw.orders (id INTEGER, shop_id INTEGER, amount DECIMAL(10, 2));
CREATE SCHEMA archive;
CREATE TABLE archive.orders (id INTEGER, closed BOOLEAN);
CREATE SCHEMA scratch;
CREATE TABLE scratch.tries (id INTEGER);
"""
ROWS = """
INSERT INTO shops VALUES (1, 'North', 100.10, '2024-01-31', 'Ulm', 'a'),
                         (2, 'South', 200.20, NULL, 'Ulm', 'b'),
                         (3, 'West', 300.30, '2024-12-31', 'Rome', 'c');
INSERT INTO sales VALUES (1, 1, 1.50, '2024-01-31 10:00', 'sold'),
                         (2, 1, 2.50, '2024-02-01 09:00', NULL),
                         (3, 2, 4.00, '2024-02-29 23:59', 'sold'),
                         (4, 2, 5.00, NULL, 'void');
INSERT INTO order__items VALUES (1, 1, 'a'), (1, 2, 'b'), (3, 1, 'a');
INSERT INTO notes VALUES (1, 'first'), (2, 'second');
INSERT INTO raw.orders VALUES (11, 1, 10.00), (12, 1, 20.00), (13, 3, 40.00);
INSERT INTO archive.orders VALUES (7, true);
"""


def shops() -> Warehouse:
    """Make the database."""
    return Warehouse(Dataset(TABLES, lambda connection: connection.execute(ROWS) and None))


def read(warehouse: Warehouse, files: dict[str, str]) -> Model:
    """Read the model from these files."""
    return read_checked_model(
        files, warehouse, model_id=MODEL_ID, name="Shops", connection_id=MODEL_ID
    )
