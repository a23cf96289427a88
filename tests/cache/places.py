"""The places in which lists can be stored, and how a test looks into each and puts things there."""

import contextlib
import sqlite3

from requests_cache import BaseCache, FileCache, RedisCache, SQLiteCache


class Files:
    """A folder of files; as a name, and as an object."""

    def __init__(self, backend, root):
        self.backend, self._root = backend, root

    def texts(self):
        return {str(file): file.read_bytes() for file in self._root.rglob("lists/*/*.json")}

    def plant(self, key, text):
        with open(key, "wb") as file:
            file.write(text)


class Database:
    """A SQLite file; as a name, and as an object."""

    def __init__(self, backend, root):
        self.backend, self._root = backend, root

    def _do(self, file, sql, *values):
        with contextlib.closing(sqlite3.connect(file)) as opened, opened:
            return opened.execute(sql, values).fetchall()

    def texts(self):
        return {
            f"{file}:{key}": value.encode()
            for file in self._root.rglob("*.sqlite")
            for key, value in self._do(file, "SELECT key, value FROM responses")
            if is_page(key)
        }

    def spoil_note(self, text):
        [file] = self._root.rglob("*.sqlite")
        self._do(file, "UPDATE responses SET value = ? WHERE key LIKE '%-last-write'", text)

    def plant(self, key, text):
        file, _, key = key.rpartition(":")
        self._do(file, "UPDATE responses SET value = ? WHERE key = ?", text, key)


class Memory:
    """What is kept in the process."""

    def __init__(self):
        self.backend = BaseCache()

    def texts(self):
        return {
            key: b"".join(str(value).encode() for value in vars(page).values())
            for key, page in self.backend.responses.data.items()
            if is_page(key)
        }

    def spoil_note(self, text):
        [note] = [key for key in self.backend.responses.data if not is_page(key)]
        self.plant(note, text)

    def plant(self, key, text):
        self.backend.responses.data[key] = text


class Server:
    """A Redis server; its cache has pickle for a serializer, as it comes."""

    def __init__(self, connection):
        connection.flushall()
        self.backend = RedisCache("tests", connection=connection)
        self._redis = connection

    def texts(self):
        keys = [key.decode() for key in self._redis.keys("*")]
        return {key: self._redis.get(key) for key in keys if is_page(key)}

    def spoil_note(self, text):
        [note] = self._redis.keys("*-last-write")
        self.plant(note, text)

    def plant(self, key, text):
        self._redis.set(key, text)


def is_page(key):
    return not key.endswith("last-write")


PLACES = {
    "filesystem": lambda root: Files("filesystem", root / "disk"),
    "sqlite": lambda root: Database("sqlite", root / "disk"),
    "memory": lambda _: Memory(),
    "a FileCache": lambda root: Files(FileCache(root / "given"), root / "given"),
    "a SQLiteCache": lambda root: Database(SQLiteCache(root / "given.sqlite"), root),
}
