"""A small sandbox whose users are changed, with what it really has, known without omnipd."""

import contextlib

import omnipd
from omnipd_sandbox.server import Server


class ChangedUsers:
    """A sandbox, and who is in it."""

    def __init__(self, server):
        self.server = server

    def user(self, name):
        """Give the user whose address begins so, as the sandbox keeps them."""
        users = self.server.organization.users.values()
        return next(each for each in users if each.email.startswith(f"{name}@"))

    def addresses(self):
        """Give the addresses of all users."""
        return {each.email for each in self.server.organization.users.values()}

    def everything(self):
        """Give what there is to know of all users, their numbers as text, and without what is null."""
        return {
            each.email: (each.name, each.active, values_of(each))
            for each in self.server.organization.users.values()
        }

    def writes(self):
        """Give the changes that were asked for: method and status."""
        asked = self.server.requests
        return [(each.method, each.status) for each in asked if each.method != "GET"]


def values_of(user):
    """Give a user's values of attributes as text."""
    return {
        name: [str(one) for one in value] if isinstance(value, list) else str(value)
        for name, value in user.attributes.items()
        if value is not None
    }


@contextlib.contextmanager
def changed_users(*faults, **knobs):
    """Serve a small sandbox, with a client of it that is the default one."""
    with Server(size="tiny", faults=list(faults), **knobs) as server:
        with omnipd.connect(server.url, server.api_key, requests_per_minute=None):
            yield ChangedUsers(server)
        assert server.failures == []
