import ast
from inspect import getfile
from pathlib import Path

from omnipd_sandbox.server import Server

FOLDER = Path(getfile(Server)).parent


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module


def test_the_sandbox_shares_nothing_with_the_client():
    # If they shared a constant, they could be wrong together.
    files = list(FOLDER.rglob("*.py"))
    assert len(files) > 20
    for path in files:
        for module in imported(path):
            if module.split(".")[0] == "omnipd":
                assert module.startswith("omnipd.sandbox."), f"{path} imports {module}"


def test_the_package_itself_imports_nothing():
    assert list(imported(FOLDER / "__init__.py")) == []
