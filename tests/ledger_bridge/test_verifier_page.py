"""The offline verifier as this server hands it out."""

import re

import pytest
from django.test import Client

from tests.verifier.in_browser import PAGE

SCRIPTS = re.findall(r'<script defer src="([^"]+)"></script>', PAGE.read_text())


@pytest.mark.parametrize("name", ["", "ithaca.js", "worker.js", "verify.css"])
def test_everybody_gets_it_and_nothing_of_it_may_open_a_connection(client: Client, name: str) -> None:
    response = client.get(f"/verify/{name}")
    assert response.status_code == 200
    policy = response["Content-Security-Policy"]
    assert "connect-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_what_is_served_is_what_is_on_the_disk(client: Client) -> None:
    assert client.get("/verify/").content == PAGE.read_bytes()
    assert client.get("/verify/main.js")["Content-Type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("name", ["nothing.js", "..", "%2e%2e%2fjs%2ftheme.js", ".htaccess"])
def test_nothing_else_is_served(client: Client, name: str) -> None:
    assert client.get(f"/verify/{name}").status_code == 404


def test_page_and_worker_load_the_same_scripts_in_the_same_order() -> None:
    listed = re.findall(r'"(\w+\.js)"', (PAGE.parent / "ithaca.js").read_text())
    assert ["ithaca.js", *listed, "page.js"] == SCRIPTS
    assert {*SCRIPTS, "worker.js"} == {path.name for path in PAGE.parent.glob("*.js")}


@pytest.mark.parametrize("name", [*SCRIPTS, "worker.js"])
def test_a_script_makes_no_markup_and_asks_no_network(name: str) -> None:
    source = (PAGE.parent / name).read_text()
    assert not re.search(r"innerHTML|insertAdjacentHTML|\beval\(|\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon", source)


def test_the_page_has_nothing_inline_and_nothing_from_elsewhere() -> None:
    page = PAGE.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|https?://", page)
    assert "connect-src 'none'" in page
