"""requests-cache's folder of JSON files, with files that are whole, private and strict.

As it comes it writes in place with the mode of any file, and takes a damaged file for no file.
Imported late: requests-cache takes half a second to load.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from requests_cache.backends.filesystem import FileDict
from requests_cache.serializers import json_serializer

from omnipd.cache.private_files import whole_file


class PageFiles(FileDict):
    """Responses by key, one file each.

    Parameters
    ----------
    folder : Path
        Must exist.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, serializer=json_serializer, decode_content=False)

    def path_of(self, key: str) -> Path:
        """Return where the response of a key is kept."""
        return Path(self.cache_dir) / f"{key}.json"

    def __getitem__(self, key: str) -> Any:
        """Return a response; raise KeyError without one, and anything for a damaged one."""
        try:
            text = self.path_of(key).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise KeyError(key) from None
        return json_serializer.loads(text)

    def __setitem__(self, key: str, value: Any) -> None:
        """Put a whole file in place, readable by its owner only."""
        with whole_file(self.path_of(key)) as file:
            file.write(str(json_serializer.dumps(value)).encode())
