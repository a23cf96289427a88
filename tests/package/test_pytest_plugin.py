"""The fixtures, as the tests of somebody else's program use them: in a pytest of their own."""

import os
import subprocess
import sys
import textwrap

import pytest


@pytest.fixture
def run_pytest(tmp_path):
    """Run pytest on a test file, with no plugin but ours; give its output."""

    def run(code, *arguments):
        (tmp_path / "test_mine.py").write_text(textwrap.dedent(code))
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "omnipd.pytest_plugin"),
                *("-p", "no:cacheprovider", "-W", "error", "-rs", "--strict-markers", *arguments),
            ],
            check=False,
            cwd=tmp_path,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.stdout + done.stderr

    return run


def test_a_test_has_a_sandbox_of_its_own_and_a_client(run_pytest, monkeypatch):
    monkeypatch.setenv("OMNI_BASE_URL", "https://real.test")
    monkeypatch.setenv("OMNI_API_KEY", "real-key")
    output = run_pytest(
        """
        import json
        import urllib.request
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
        from multiprocessing import get_context

        import pytest
        import omnipd
        from omnipd.client.settings import resolve

        seen = []

        def ask(sandbox, path):
            headers = {"Authorization": f"Bearer {sandbox.api_key}"}
            request = urllib.request.Request(sandbox.url + path, headers=headers)
            with urllib.request.urlopen(request) as answer:
                return json.loads(answer.read())

        def test_the_client_is_the_default(omni_client, omni_sandbox):
            seen.append(omni_sandbox.url)
            assert len(omnipd.read_content()) == 550
            assert omni_client.base_url == omni_sandbox.url
            assert omni_client.state == omni_client.disk  # not the user's
            assert [each.path for each in omni_sandbox.requests] == ["/api/v1/content"] * 6

        def test_the_next_test_has_another(omni_sandbox):
            assert omni_sandbox.url not in seen
            assert omni_sandbox.requests == []
            assert ask(omni_sandbox, "/api/v1/whoami")["keyScope"] == "organization"

        @pytest.mark.omni_sandbox(documents=20, key_scope="user")
        class TestMarked:
            def test_all_in_a_class(self, omni_sandbox):
                assert ask(omni_sandbox, "/api/v1/whoami")["keyScope"] == "user"

            @pytest.mark.omni_sandbox(key_scope="organization")
            def test_but_one(self, omni_sandbox):
                assert ask(omni_sandbox, "/api/v1/whoami")["keyScope"] == "organization"
                listed = ask(omni_sandbox, "/api/v1/documents?include=includeDeleted")
                assert listed["pageInfo"]["totalRecords"] == 20

        @pytest.mark.omni_sandbox(faults=[{"kind": "status", "code": 403, "path": "*/labels"}])
        def test_a_fault(omni_client):
            with pytest.raises(omnipd.ForbiddenError):
                omnipd.read_labels()
            assert len(omnipd.read_labels()) == 12

        def test_a_thread_has_the_client_and_a_process_finds_no_other_omni(omni_client):
            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(omnipd.whoami).result().instance == omni_client.base_url
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                with pytest.raises(omnipd.SettingsError, match="No Omni address is set"):
                    pool.submit(resolve).result()

        def test_afterwards_all_is_as_it_was():
            assert resolve().origin == "https://real.test"
            assert omnipd.client.current_client._default == []
        """
    )
    assert "7 passed" in output, output


@pytest.mark.thorough
def test_a_knob_that_is_wrong_fails_the_test_by_name(run_pytest):
    output = run_pytest(
        """
        import pytest

        @pytest.mark.omni_sandbox(document=20)
        def test_a(omni_sandbox): ...

        @pytest.mark.omni_sandbox(20)
        def test_b(omni_sandbox): ...
        """
    )
    assert "omni_sandbox: unknown knob 'document'; did you mean 'documents'?" in output
    assert "omni_sandbox takes knobs by name" in output
    assert "2 errors" in output


def test_without_the_sandboxs_packages_tests_are_skipped_and_say_why(run_pytest, tmp_path):
    (tmp_path / "duckdb.py").write_text("raise ModuleNotFoundError('no duckdb', name='duckdb')")
    output = run_pytest("def test_a(omni_client): ...", f"--rootdir={tmp_path}")
    assert "1 skipped" in output, output
    assert 'needs a package that is not installed: duckdb. pip install "omnipd[sandbox]"' in (
        " ".join(output.split())
    )


def test_those_who_do_not_use_it_pay_nothing(run_pytest):
    output = run_pytest(
        """
        import sys

        def test_a():
            heavy = {"pandas", "pyarrow", "requests", "duckdb", "sqlglot", "omnipd.client.client"}
            assert not heavy & set(sys.modules)
        """
    )
    assert "1 passed" in output, output


def test_the_fixtures_say_what_they_are(run_pytest):
    output = run_pytest("", "--fixtures")
    assert "omni_client -- " in output
    assert "Give a client of this test's sandbox; it is the default client inside" in output
