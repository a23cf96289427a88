"""Two Omnis, dev and prod, each with a key of its own, and what each holds as its own records."""

import contextlib

import omnipd
from omnipd_sandbox.server import Server

#: Documents of dev that prod lacks: in folders that prod lacks, in one that it has, and at the top.
FIVE = ["v3spj1wn19", "y0v3hb3u17", "rcaz779c20", "report-22", "alnaul8d23"]
IMPORT = "/api/unstable/documents/import"


class TwoOmnis:
    """A fleet of dev, with forty documents, and prod, with five."""

    def __init__(self, dev, prod, fleet):
        self.servers = {"dev": dev, "prod": prod}
        self.dev, self.prod = dev, prod
        self.fleet = fleet

    @property
    def between(self):
        return {"source": self.fleet["dev"], "target": self.fleet["prod"]}

    def ask(self, name, path):
        """Read what an Omni answers, by nothing but HTTP, with its own key."""
        import json
        from urllib.request import Request, urlopen

        server = self.servers[name]
        asked = Request(
            f"{server.url}{path}", headers={"Authorization": f"Bearer {server.api_key}"}
        )
        with urlopen(asked) as answered:
            return json.load(answered)

    def documents(self, name):
        """Read (name, path of the folder, labels) by identifier."""
        rows = self.ask(name, "/api/v1/documents?pageSize=100&include=labels")["records"]
        return {
            row["identifier"]: (
                row["name"],
                (row.get("folder") or {}).get("path"),
                {label["name"] if isinstance(label, dict) else label for label in row["labels"]},
            )
            for row in rows
        }

    def imports(self):
        """Give how often each Omni was asked to make a document."""
        return {
            name: sum(one.path == IMPORT for one in server.requests)
            for name, server in self.servers.items()
        }

    def writes_to_dev(self):
        return [(one.method, one.path) for one in self.dev.requests if one.method != "GET"]


@contextlib.contextmanager
def two_omnis(tmp_path, **prod_knobs):
    with (
        Server(documents=40) as dev,
        Server(**{"size": "tiny", **prod_knobs}) as prod,
        contextlib.ExitStack() as clients,
    ):
        fleet = omnipd.Fleet(
            {
                name: clients.enter_context(
                    contextlib.closing(
                        omnipd.connect(
                            one.url,
                            one.api_key,
                            requests_per_minute=None,
                            cache_dir=tmp_path / f"cache of {name}",
                        )
                    )
                )
                for name, one in {"dev": dev, "prod": prod}.items()
            }
        )
        yield TwoOmnis(dev, prod, fleet)
        assert [one for one in (*dev.requests, *prod.requests) if one.status == 401] == []
        assert dev.failures == prod.failures == []
