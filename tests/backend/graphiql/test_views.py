from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings

from backend.graphiql import views
from backend.graphiql.views import graphiql_asset, graphiql_page
from tests.tools.graphiql import build

INDEX = (build.FOLDER / "index.html").read_text(encoding="utf-8")
BUILT = INDEX.replace('src="/src/main.tsx"', 'crossorigin src="./assets/index-abc.js"')


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for a build."""
    folder = tmp_path / "dist"
    monkeypatch.setattr(views, "DIST", folder)
    return folder


@pytest.fixture
def built(dist: Path) -> Path:
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text(BUILT, encoding="utf-8")
    (dist / "stamp").write_text("not to be served")
    (dist / "assets" / "index-abc.js").write_text("export {};")
    return dist


def page(path: str = "/graphql") -> HttpResponse:
    return graphiql_page(RequestFactory().get(path))


def asset(path: str, encodings: str = "") -> HttpResponse:
    return graphiql_asset(RequestFactory().get("/graphql/assets/x", headers={"Accept-Encoding": encodings}), path)


@pytest.mark.usefixtures("dist")
def test_without_a_build_the_page_says_how_to_make_one_and_that_the_api_works() -> None:
    answer = page()
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "python3 manage.py build_graphiql" in text
    assert "curl http://testserver/graphql" in text


def test_without_a_build_the_page_tells_why_the_last_one_failed(dist: Path) -> None:
    dist.mkdir()
    (dist / "reason").write_text("npm ci failed <script>alert(1)</script>")
    text = page().content.decode()
    assert "npm ci failed &lt;script&gt;" in text
    assert "<script" not in text


@pytest.mark.parametrize("fixture", ["dist", "built"])
def test_the_page_may_load_from_its_own_host_only_and_is_never_stored(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(fixture)
    headers = page().headers
    policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("fixture", ["dist", "built"])
def test_style_elements_need_a_nonce_that_is_new_in_every_answer(fixture: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(fixture)
    nonces = set()
    for answer in (page(), page()):
        policy = dict(rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; "))
        own, nonce = policy["style-src-elem"].split()
        assert own == "'self'"
        assert f'nonce="{nonce.removeprefix("'nonce-").removesuffix("'")}"' in answer.content.decode()
        nonces.add(nonce)
    assert len(nonces) == 2


@pytest.mark.usefixtures("built")
def test_the_page_has_no_inline_script() -> None:
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page().content.decode(), re.DOTALL)
    assert scripts
    assert all("src=" in attributes and not body for attributes, body in scripts)


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(("path", "here"), [("/graphql", "graphql"), ("/shop/api", "api"), ("/graphql/", ".")])
def test_the_page_finds_its_files_and_its_endpoint_behind_any_path_prefix(path: str, here: str) -> None:
    text = page(path).content.decode()
    assert f'src="{here}/assets/index-abc.js"' in text
    assert f'data-endpoint="{here}"' in text


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("demo", [True, False])
def test_demo_people_are_offered_in_demo_mode_only(demo: bool) -> None:
    with override_settings(DEMO=demo):
        assert f'data-demo="{str(demo).lower()}"' in page().content.decode()


@pytest.mark.usefixtures("built")
def test_a_file_of_the_build_is_served_with_its_type_and_may_be_cached_for_ever() -> None:
    answer = asset("index-abc.js")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("encodings", "answered"),
    [("gzip, deflate, br, zstd", "br"), ("br;q=0.5", "br"), ("gzip", None), ("", None), ("br;q=0, gzip", None)],
)
def test_a_file_is_sent_as_small_as_the_browser_can_read_it(built: Path, encodings: str, answered: str | None) -> None:
    (built / "assets" / "index-abc.js.br").write_bytes(b"small")
    answer = asset("index-abc.js", encodings)
    assert answer.headers.get("Content-Encoding") == answered
    assert answer.content == (b"small" if answered else b"export {};")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path", ["../stamp", "../../../etc/passwd", "/etc/passwd", "x/../../stamp", "", ".", "a\0b", "no.js"]
)
def test_nothing_outside_the_build_is_served(path: str) -> None:
    assert asset(path).status_code == 404


def test_a_link_out_of_the_build_is_not_followed(built: Path) -> None:
    (built / "assets" / "link.js").symlink_to(built / "stamp")
    assert asset("link.js").status_code == 404


@pytest.mark.usefixtures("built")
@override_settings(GRAPHIQL=False)
def test_no_file_is_served_where_graphiql_is_off() -> None:
    answer = asset("index-abc.js")
    assert answer.status_code == 404
    assert json.loads(answer.content)["errors"]


def test_a_build_that_ends_after_the_start_is_seen_without_a_restart(
    dist: Path, request: pytest.FixtureRequest
) -> None:
    assert not dist.exists()
    assert "GraphiQL is not built" in page().content.decode()
    request.getfixturevalue("built")
    assert "data-endpoint" in page().content.decode()
