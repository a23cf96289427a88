"""What is kept on disk is in its place as a whole or not at all, and is its owner's alone."""

import os
import stat

import pytest

from omnipd.cache import private_files
from omnipd.cache.private_files import delete, make_folder, set_aside, whole_file


def test_a_file_is_in_its_place_when_it_is_whole(tmp_path):
    target = tmp_path / "answer.json"
    with whole_file(target, modified=1234.0) as file:
        file.write(b"new")
        assert not target.exists()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mtime == 1234.0
    assert [one.name for one in tmp_path.iterdir()] == ["answer.json"]


def test_a_file_that_is_not_finished_leaves_the_one_before_it_and_nothing_else(tmp_path):
    target = tmp_path / "answer.json"
    target.write_bytes(b"old")
    with pytest.raises(TypeError), whole_file(target) as file:
        file.writelines([b"half", None])
    assert target.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["answer.json"]


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
def test_files_and_folders_are_private_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        make_folder(tmp_path / "lists" / "one")
        with whole_file(tmp_path / "lists" / "one" / "answer.json") as file:
            file.write(b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "lists").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "lists" / "one").stat().st_mode) == 0o700
    made = tmp_path / "lists" / "one" / "answer.json"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


def test_a_damaged_file_is_kept_under_another_name(tmp_path):
    damaged = tmp_path / "answer.json"
    damaged.write_bytes(b"?")
    assert set_aside(damaged, 0.0) == tmp_path / "answer.damaged"
    assert [one.name for one in tmp_path.iterdir()] == ["answer.damaged"]


def test_only_what_is_older_is_deleted(tmp_path):
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    for file, time in ((old, 10.0), (new, 20.0)):
        file.touch()
        os.utime(file, (time, time))
    delete([old, new, tmp_path / "gone.json"], older_than=20.0)
    assert [one.name for one in tmp_path.iterdir()] == ["new.json"]
    delete([new])
    assert not new.exists()


def test_a_folder_that_is_deleted_while_it_is_made_is_made_again(tmp_path, monkeypatch):
    made = []
    really = private_files.make_folder

    def deleted_at_once(folder):
        really(folder)
        made.append(folder)
        if len(made) < 3:
            folder.rmdir()

    monkeypatch.setattr(private_files, "make_folder", deleted_at_once)
    assert private_files.own_folder(tmp_path / "own", make=True)
    assert len(made) == 3
    monkeypatch.setattr(private_files, "make_folder", made.append)
    with pytest.raises(private_files.Unusable, match="FileNotFoundError"):
        private_files.own_folder(tmp_path / "never", make=True)
    assert not private_files.own_folder(tmp_path / "never")
