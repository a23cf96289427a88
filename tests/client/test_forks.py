"""Children of a fork, whatever the threads of their parent were doing; and systems that have no fork."""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from forked_children import fork

import omnipd

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
SOURCE = Path(omnipd.__file__).parent


def run(script, *arguments, **changed):
    """Run a script in a process of its own; return what it printed as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **changed},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# What every script of a fork begins with.
FORK = """
import json, os, signal, sys, threading, time
from pathlib import Path

def child_that(work):
    "Return what a child says, None if it hangs."
    child = os.fork()
    if not child:
        signal.alarm(10)
        os._exit(work())
    status = os.waitpid(child, 0)[1]
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
"""

A_LOCK = """
from omnipd.locks import new_lock
locks, held, done = [new_lock(), new_lock()], threading.Event(), threading.Event()

def hold():
    with locks[0]:
        held.set()
        done.wait()

thread = threading.Thread(target=hold)
thread.start()
held.wait()

def take():
    return 7 if all(lock.acquire(timeout=5) for lock in locks) else 1

with locks[1]:  # what the forking thread holds is its own in the child too
    said = child_that(take)
others = locks[0].acquire(blocking=False)
done.set()
thread.join()
print(json.dumps([said, others]))
"""

A_MODULE = """
from omnipd.locks import load
Path(sys.argv[1], "slow_module.py").write_text(
    "import builtins, time; builtins.begun.set(); time.sleep(0.3); WHOLE = 7"
)
sys.path.insert(0, sys.argv[1])
import builtins
builtins.begun = threading.Event()
thread = threading.Thread(target=load, args=("slow_module",))
thread.start()
begun.wait()
print(json.dumps(child_that(lambda: load("slow_module").WHOLE)))
thread.join()
"""

A_LOG = """
from omnipd.client.rate_limit import Limiter
inside, begun = [], threading.Event()

def clock():
    inside.append(1)
    begun.set()
    time.sleep(0.3)
    inside.pop()
    return time.time()

limiter = Limiter(Path(sys.argv[1], "log.sqlite"), 60, clock=clock)
thread = threading.Thread(target=limiter.try_acquire)
thread.start()
begun.wait()

def take():
    return 1 if inside else 7 + int(limiter.try_acquire())

print(json.dumps(child_that(take)))
thread.join()
"""

AN_IMPORT_OF_THE_FORKING_THREAD = """
from omnipd.locks import NO_FORK
with NO_FORK:
    said = child_that(lambda: 7 if NO_FORK.acquire(timeout=5) else 1)
taken = []
other = threading.Thread(target=lambda: taken.append(NO_FORK.acquire(timeout=5)))
other.start()
other.join()
print(json.dumps([said, *taken]))
"""

A_HOLDER_THAT_WAITS_FOR_THE_FORK = """
import locks
held, forked = threading.Event(), threading.Event()

def hold():
    with locks.NO_FORK:
        held.set()
        forked.wait()

# So long a fork waits: not for ever.
os.register_at_fork(after_in_parent=forked.set)
thread = threading.Thread(target=hold)
thread.start()
held.wait()
sys.unraisablehook = lambda _: None
print(json.dumps(child_that(lambda: 7 if locks.NO_FORK.acquire(timeout=5) else 1)))
thread.join()
"""


@needs_fork
@pytest.mark.parametrize(
    ("script", "said"),
    [
        (A_LOCK, [7, False]),
        (A_MODULE, 7),
        (A_LOG, 7),
        (AN_IMPORT_OF_THE_FORKING_THREAD, [7, True]),
    ],
)
def test_a_child_takes_what_a_thread_of_its_parent_held(script, said, tmp_path):
    assert run(FORK + script, tmp_path) == said


@needs_fork
def test_a_fork_waits_for_a_thread_that_waits_for_it_no_longer_than_a_while(tmp_path):
    text = (SOURCE / "locks.py").read_text(encoding="utf-8")
    assert text.count("\n_LONGEST_WAIT = 10.0\n") == 1
    (tmp_path / "locks.py").write_text(text.replace("_LONGEST_WAIT = 10.0", "_LONGEST_WAIT = 0.2"))
    assert run(FORK + A_HOLDER_THAT_WAITS_FOR_THE_FORK, PYTHONPATH=str(tmp_path)) == 7


@needs_fork
def test_children_of_a_process_that_reads_make_calls_of_their_own():
    found = fork(seconds=60, max_children=4)
    assert found == {"children": 4, "hangs": 0, "failed": 0}


@needs_fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_child_that_ends_leaves_the_sandbox_of_its_parent():
    with omnipd.sandbox(size="tiny") as omni:
        child = os.fork()
        if not child:
            omni.close()
            os._exit(7)
        assert os.WEXITSTATUS(os.waitpid(child, 0)[1]) == 7
        assert omni.disk.exists()
        assert len(omnipd.read_content()) == 6  # a new connection is taken too


def test_no_late_import_is_cut_in_two_by_a_fork():
    # A command of the shell and the fixtures of pytest have the main thread for themselves.
    one_thread = {SOURCE / "pytest_plugin.py", *(SOURCE / "shell").glob("*.py")}
    found = []
    for file in set(SOURCE.rglob("*.py")) - one_thread:
        lines = file.read_text(encoding="utf-8").splitlines()
        for place, line in enumerate(lines):
            if re.match(r"\s+(import|from) .*PLC0415", line):
                earlier = (one for one in reversed(lines[:place]) if one.strip())
                before = next(one for one in earlier if "PLC0415" not in one)
                found.append(f"{file.name}: {before.strip()}")
    assert len(found) > 5
    assert {one.partition(": ")[2] for one in found} == {"with NO_FORK:"}


A_POOR_MACHINE = """
import json, os, sys, warnings
for name in ("fork", "forkpty", "register_at_fork"):
    if hasattr(os, name):
        delattr(os, name)
import omnipd
from click.testing import CliRunner
from echo_server import read_list, run_query
from omnipd.shell.cli import main

url, work = sys.argv[1:]
found = []

def read():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client = omnipd.connect()
        right = read_list(client, 1, refresh=False) and run_query(client, 20)
    told = {str(one.message) for one in caught if one.category is omnipd.OmniWarning}
    found.append([right, sorted(told)])

def refused(**given):
    try:
        omnipd.connect(**given)
    except omnipd.SettingsError as error:
        found.append(error.message)

# No fork.
import omnipd_sandbox.server
os.mkdir(work + "/files")
os.chdir(work + "/files")
os.environ |= {"OMNI_BASE_URL": url, "OMNI_API_KEY": "omni_osk_" + "a" * 40}
read()
frame = omnipd.read_content(labels="a")
omnipd.to_csv(frame, "content.csv")
omnipd.to_parquet(frame, "content.parquet")
CliRunner().invoke(main, ["content", "--labels", "a", "-o", "shell.csv"], catch_exceptions=False)
found.append(sorted(os.listdir()))
if os.name == "posix":
    # No working directory.
    os.mkdir(work + "/gone")
    os.chdir(work + "/gone")
    os.rmdir(work + "/gone")
    read()
    refused(cache_dir="relative")
    # No home.
    os.chdir(work)
    for name in ("HOME", *(one for one in os.environ if one.startswith(("OMNIPD_", "XDG_")))):
        os.environ.pop(name, None)
    if os.geteuid() == 0:
        os.setuid(12345)
    else:
        import pwd
        def nobody(*_):
            raise KeyError
        pwd.getpwuid = nobody
    read()
    refused(cache_dir="~/x")
    refused(cache_dir="~nobody-of-this-name/x")
print(json.dumps([found, sorted(os.listdir())]))
"""


def test_all_of_it_works_on_a_machine_without_forks_working_directory_or_home(echo, tmp_path):
    tmp_path.chmod(0o755)
    path = os.pathsep.join([str(SOURCE.parent), str(Path(__file__).parent.parent)])
    found, files = run(A_POOR_MACHINE, echo.url, tmp_path, PYTHONPATH=path)
    assert found[:2] == [[True, []], ["content.csv", "content.parquet", "shell.csv"]]
    if os.name != "posix":
        return
    kept, relative, (right, warned), of_this_user, of_nobody = found[2:]
    assert kept == [True, []]
    assert "cache_dir='relative' is in the working directory, which is deleted" in relative
    assert right
    assert len(warned) == 2, "\n".join(warned)
    lists, log = warned
    assert "The cache folder /dev/null/omnipd/lists/" in lists
    assert "The request log /dev/null/omnipd/limiter/" in log
    assert "needs a home directory, and this user has none" in of_this_user
    assert "needs the home directory of 'nobody-of-this-name', which is not known" in of_nobody
    assert files == ["files", "omnipd-disk", "omnipd-state"]


def test_the_package_can_be_loaded_again():
    before, names = omnipd.read_content, set(omnipd.__all__)
    again = importlib.reload(omnipd)
    assert again is omnipd
    assert set(again.__all__) == names
    assert again.read_content is before


def test_the_sandbox_is_a_function_and_its_server_a_module_of_another_package():
    server = importlib.import_module("omnipd_sandbox.server")
    assert importlib.reload(sys.modules["omnipd_sandbox"]).server is server
    assert callable(omnipd.sandbox)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("omnipd.sandbox.server")
