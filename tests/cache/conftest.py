"""One after the other, all the places in which lists can be stored; a Redis server among them."""

import pytest
from cache.places import PLACES, Server
from requests_cache import FileCache, SQLiteCache


@pytest.fixture(params=[*PLACES, "redis"])
def place(request, tmp_path):
    """One after the other, all the places."""
    if request.param == "redis":
        made = Server(request.getfixturevalue("redis_server").connection)
    else:
        made = PLACES[request.param](tmp_path)
    yield made
    if isinstance(made.backend, SQLiteCache | FileCache):
        made.backend.close()
