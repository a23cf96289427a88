"""A list whose address no source tells: where it may be is asked for in turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from omnipd.arguments import function
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import BadRequestError, NotFoundError
from omnipd.lists.endpoint import Endpoint
from omnipd.message import join


@dataclass(frozen=True)
class InferredPaths:
    """A list that is at one of several addresses, or at none of them.

    Attributes
    ----------
    endpoint : Endpoint
        The list, at the likeliest.
    others : tuple of str
        Where else it may be.
    """

    endpoint: Endpoint
    others: tuple[str, ...] = ()

    def read(self, arguments: Mapping[str, Any]) -> pd.DataFrame:
        """Read the list from where this server has it.

        Raises
        ------
        NotFoundError
            If it is at none of the addresses.
        """
        client: Client = current_client(arguments.get("client"))
        paths = [self.endpoint.path, *self.others]
        known = [path for path in paths if path in client.served]
        missing: list[str] = []
        for path in known or paths:
            try:
                frame = replace(self.endpoint, path=path).read(arguments)
            except (NotFoundError, BadRequestError) as error:
                if error.partial is not None or error.status not in {404, 405} or known:
                    raise
                missing.append(error.message)
                continue
            client.served.add(path)
            return frame
        raise NotFoundError(
            "This Omni does not have the list: " + join(missing, "; ") + ".",
            hint=(
                "No source says where it is; omnipd has asked where its name leads. "
                + function("read_records")
                + " reads any path that you know."
            ),
            status=404,
            url=client.base_url + paths[0],
        )
