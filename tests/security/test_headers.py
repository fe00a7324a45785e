"""What every answer carries, whatever it is."""

from __future__ import annotations

import pytest

from coverslip.testing.world import World
from coverslip.vocabulary.roles import Role

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}
IN_A_WINDOW = {
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.mark.parametrize(
    "path", ["/api/v1/about", "/api/v1/cases", "/api/v1/none", "/", "/cases", "/assets/none.js", "/api/v1/cases/x"]
)
def test_answers_of_api_and_pages(world: World, path: str) -> None:
    for client in (world.server.client(), world.client(Role.RESIDENT)):
        headers = client.get(world.server.url + path).headers
        assert EVERYWHERE.items() | IN_A_WINDOW.items() <= headers.items()
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "server" not in headers


@pytest.mark.parametrize("path", ["/0/0/0", "/99/0/0", "/0/0/x"])
def test_answers_of_the_tile_path(world: World, path: str) -> None:
    for client in (world.server.client(), world.client(Role.RESIDENT)):
        headers = client.get(f"{world.server.url}/tiles/{world.county.slide}{path}").headers
        assert EVERYWHERE.items() <= headers.items(), (path, headers)


def test_no_answer_of_the_api_is_kept_by_the_browser(world: World) -> None:
    for path in ("/cases", f"/cases/{world.county.case}", "/session", "/none"):
        assert world.client(Role.RESIDENT).get(path).headers["cache-control"] == "no-store"


def test_no_other_site_may_read_an_answer(world: World) -> None:
    answer = world.client(Role.RESIDENT).get("/cases", headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control-")]
