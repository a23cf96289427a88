"""A fleet: clients by names, and what is none is refused before anything is sent."""

import pickle

import pytest

import omnipd


@pytest.fixture
def client():
    return omnipd.connect("acme.omniapp.co", "omni_osk_example")


def test_a_name_gives_the_client(client):
    fleet = omnipd.Fleet({"dev": client})
    assert fleet["dev"] is client
    assert list(fleet) == ["dev"]
    with pytest.raises(KeyError, match="Did you mean 'dev'"):
        fleet["dve"]


@pytest.mark.parametrize("name", ["", "a/b", "..", "a.", 1, None])
def test_a_name_that_is_no_folder_is_refused(name, client):
    with pytest.raises(omnipd.ArgumentError, match="not a name of an Omni"):
        omnipd.Fleet({name: client})


@pytest.mark.parametrize("clients", [{}, None, ["dev"]])
def test_a_fleet_has_clients(clients):
    with pytest.raises(omnipd.ArgumentError, match="not clients by their names"):
        omnipd.Fleet(clients)


def test_what_is_no_client_is_refused(client):
    with pytest.raises(omnipd.ArgumentError, match="named dev is str"):
        omnipd.Fleet({"dev": "acme.omniapp.co"})
    with pytest.raises(omnipd.ArgumentError, match="case only"):
        omnipd.Fleet({"dev": client, "Dev": client})


def test_a_fleet_shows_no_key_and_is_not_pickled(client):
    fleet = omnipd.Fleet({"dev": client})
    assert repr(fleet) == "<omnipd.Fleet dev: https://acme.omniapp.co>"
    with pytest.raises(TypeError, match="holds keys"):
        pickle.dumps(fleet)
