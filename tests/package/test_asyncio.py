"""Calls of omnipd in threads of asyncio: each has the client of the block around, and a cancel waits for none."""

import asyncio
import threading

import pytest
from faults.given import QUERY, client_of, whole_answer
from queries.query_cases import flights
from scripted_server import answer

import omnipd
from omnipd import QueryTimeoutError


def test_a_task_in_a_thread_has_the_client_of_the_block_around(server):
    async def main():
        with omnipd.connect(server.url, server.api_key, requests_per_minute=None):
            return await asyncio.gather(
                *(
                    asyncio.to_thread(omnipd.run_query, flights([name, "flights.count"]))
                    for name in ("flights.origin", "flights.date[month]")
                )
            )

    origins, months = asyncio.run(main())
    assert (len(origins), len(months)) == (3, 12)
    assert origins["flights.count"].sum() == months["flights.count"].sum() == 336_776


@pytest.fixture
def held(scripted):
    """A server that answers nothing before it is let."""
    came, let = threading.Event(), threading.Event()
    requests = []

    def wait(target):
        requests.append(target)
        came.set()
        let.wait(60)
        return answer(whole_answer())

    scripted.by_target = wait
    yield scripted, came, let, requests
    let.set()


def test_a_cancel_is_heard_at_once_and_the_thread_goes_on_to_its_end(held):
    scripted, came, let, requests = held
    client, ended = client_of(scripted), []

    def work():
        ended.append(len(omnipd.run_query(QUERY, client=client)))

    async def main():
        task = asyncio.create_task(asyncio.to_thread(work))
        await asyncio.to_thread(came.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended == []  # Omni has not answered, and nobody waited for it
        let.set()

    asyncio.run(main())  # which ends when its threads have
    assert ended == [3]
    assert len(requests) == 1


def test_a_timeout_of_the_call_ends_its_thread_too(held):
    scripted, _, _, requests = held
    client = client_of(scripted)

    async def main():
        with pytest.raises(QueryTimeoutError):
            await asyncio.to_thread(omnipd.run_query, QUERY, client=client, timeout=0.2)

    asyncio.run(main())
    assert len(requests) >= 1
