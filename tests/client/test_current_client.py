"""Which client a call uses: in threads, tasks and processes, in blocks and beside them."""

import asyncio
import contextvars
import gc
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from scripted_server import ScriptedServer, answer

import omnipd

ME = answer({"user": {"id": "u", "membershipId": "m"}})


def asked():
    """Ask the Omni that is the default here; return its address."""
    return omnipd.whoami().instance


def refusal():
    """Return what a call without a client is told that must not ask the Omni of the environment."""
    with pytest.raises(omnipd.SettingsError, match="in no with block") as caught:
        omnipd.whoami()
    return str(caught.value)


def in_thread(work, *arguments):
    """Run something in another thread, which begins with a context of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *arguments).result()


@pytest.fixture
def of_environment(elsewhere, monkeypatch):
    """The Omni of the environment, with the key that must not be used by chance."""
    elsewhere.script(ME)
    monkeypatch.setenv("OMNI_BASE_URL", elsewhere.url)
    monkeypatch.setenv("OMNI_API_KEY", "real-key")
    return elsewhere


@pytest.fixture
def tried(scripted, of_environment):
    """A client of another Omni, for blocks."""
    scripted.script(ME)
    return omnipd.connect(scripted.url, "key", requests_per_minute=None)


@pytest.fixture(autouse=True)
def _no_default():
    yield
    omnipd.use(None)


def test_a_thread_beside_a_block_never_asks_the_omni_of_the_environment(tried, of_environment):
    with tried:
        said = in_thread(refusal)
    assert repr(tried) in said
    for way in ("client=", "contextvars.copy_context().run", "connect()", "omnipd.use(client)"):
        assert way in said
    assert of_environment.requests == []
    assert in_thread(asked) == asked() == of_environment.url


def test_a_thread_beside_a_block_may_say_which_client(tried, of_environment):
    def in_a_block_of_its_own():
        with omnipd.connect() as real:
            return asked() == real.base_url == of_environment.url

    with tried:
        assert in_thread(in_a_block_of_its_own)
        assert in_thread(lambda: omnipd.whoami(client=tried).instance) == tried.base_url
        assert in_thread(contextvars.copy_context().run, asked) == tried.base_url
        omnipd.use(tried)
        assert in_thread(asked) == tried.base_url


def test_the_main_thread_is_refused_while_another_one_is_in_a_block(tried, of_environment):
    entered, leave = threading.Event(), threading.Event()

    def work():
        with tried:
            entered.set()
            assert leave.wait(30)
            return asked()

    with ThreadPoolExecutor(1) as pool:
        worker = pool.submit(work)
        assert entered.wait(30)
        refusal()
        leave.set()
        assert worker.result() == tried.base_url
    assert asked() == of_environment.url


def test_tasks_have_the_block_they_were_started_in(tried, of_environment):
    async def beside():
        refusal()

    async def main():
        async def inside():
            with tried:
                at_work = [asyncio.create_task(coroutine_of(asked)) for _ in range(2)]
                assert await asyncio.to_thread(asked) == tried.base_url
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(None, refusal)
                entered.set()
                await ended.wait()
            # Also when they come to it after the block.
            return [*await asyncio.gather(*at_work), asked()]

        async def coroutine_of(work):
            await ended.wait()
            return work()

        entered, ended = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(inside())
        await entered.wait()
        await beside()
        ended.set()
        return await task

    assert asyncio.run(main()) == [tried.base_url, tried.base_url, of_environment.url]


def test_a_generator_that_waits_in_a_block_keeps_it_open(tried, of_environment):
    def rows():
        with tried:
            yield asked()

    generator = rows()
    assert next(generator) == tried.base_url
    in_thread(refusal)
    # It ends in a thread that was never in the block: then it is over here, too.
    in_thread(generator.close)
    assert asked() == in_thread(asked) == of_environment.url


def test_a_block_that_ends_in_another_context_is_over_where_it_began(tried, of_environment):
    async def fixture():
        with tried:
            yield tried

    async def main():
        generator = fixture()
        await asyncio.create_task(anext(generator))  # as fixtures of asyncio are run
        refusal()
        with pytest.raises(StopAsyncIteration):
            await asyncio.create_task(anext(generator))
        return asked()

    assert asyncio.run(main()) == of_environment.url
    tried.__enter__()
    in_thread(tried.__exit__)
    assert asked() == of_environment.url


def test_blocks_of_one_client_are_counted(tried, of_environment):
    with tried:
        with tried:
            in_thread(refusal)
        in_thread(refusal)
        in_thread(lambda: tried.__enter__().__exit__())
        assert asked() == tried.base_url
    assert in_thread(asked) == of_environment.url


def test_a_client_that_is_gone_leaves_no_block_open(scripted, of_environment):
    scripted.script(ME)

    def work():
        omnipd.connect(scripted.url, "key", requests_per_minute=None).__enter__()
        return asked()

    assert in_thread(work) == scripted.url
    gc.collect()
    assert asked() == of_environment.url


def test_queries_that_run_at_once_ask_the_client_of_the_block(server, of_environment):
    with omnipd.connect(server.url, server.api_key, requests_per_minute=None):
        query = omnipd.Query(server.models["flights"], "flights").select("flights.count")
        both = omnipd.run_queries([query, query.select("flights.origin")])
    assert [len(df) for df in both] == [1, 3]
    assert of_environment.requests == []


def test_what_was_named_is_the_default_of_all_threads_and_a_block_wins(tried, of_environment):
    assert omnipd.use(tried) is tried
    assert asked() == in_thread(asked) == tried.base_url
    with omnipd.connect() as real:
        assert asked() == real.base_url == of_environment.url
        # It was asked for in so many words, so it holds where no block is.
        assert in_thread(asked) == tried.base_url
    assert omnipd.use(None) is None
    assert asked() == of_environment.url


def test_only_a_client_can_be_the_default(tried):
    omnipd.use(tried)
    with pytest.raises(omnipd.ArgumentError, match="is not a Client"):
        omnipd.use(tried.base_url)
    assert asked() == tried.base_url


def test_a_closed_sandbox_as_default_says_so(of_environment):
    with omnipd.sandbox(size="tiny") as omni:
        omnipd.use(omni)
    with pytest.raises(omnipd.SettingsError, match="This sandbox is closed"):
        omnipd.whoami()
    assert of_environment.requests == []


CHILDREN = """
import os, sys, threading, omnipd

def told():
    try:
        return omnipd.whoami().instance
    except omnipd.SettingsError as error:
        return str(error)[:31]

def forked():
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            os.write(writing, told().encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    print(os.read(reading, 1000).decode())

with omnipd.connect(sys.argv[1], "key", requests_per_minute=None):
    forked()
    thread = threading.Thread(target=forked)
    thread.start()
    thread.join()
forked()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="There is no fork here.")
def test_a_forked_child_has_the_block_that_its_thread_was_in(scripted):
    scripted.script(ME)
    with ScriptedServer() as real:
        real.script(ME)
        done = subprocess.run(
            [sys.executable, "-W", "ignore::DeprecationWarning", "-c", CHILDREN, scripted.url],
            env={**os.environ, "OMNI_BASE_URL": real.url, "OMNI_API_KEY": "real-key"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout.splitlines() == [
            scripted.url,
            "This thread or task is in no wi",
            real.url,
        ], done.stderr
        assert len(real.requests) == 1
