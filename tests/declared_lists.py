"""Every list that a module of omnipd declares, so that a new one is in the tests by itself."""

import importlib
import pkgutil

import omnipd
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut

#: pytest itself loads the one; the other can be imported only where Spark is installed.
_NOT_IMPORTED = {"omnipd.pytest_plugin", "omnipd.cluster.spark_reader"}


def declared_lists():
    """Yield the name of each list in its module, and the list: an Endpoint, or a FanOut of one."""
    for module in pkgutil.walk_packages(omnipd.__path__, "omnipd."):
        if module.name not in _NOT_IMPORTED:
            for name, one in vars(importlib.import_module(module.name)).items():
                if isinstance(one, (Endpoint, FanOut)):
                    yield name, one
