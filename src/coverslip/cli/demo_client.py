"""A signed-in client of the HTTP API, as a script at a hospital would write it."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

import httpx

from coverslip.cli.demo_errors import JourneyFailed


class Client:
    """One person at the API: keeps the session cookie and sends the CSRF token."""

    def __init__(self, address: str, username: str, password: str) -> None:
        self._http = httpx.Client(base_url=address, timeout=60.0, headers={"Origin": address})
        self.password = password
        me = self.post("/api/v1/session", {"username": username, "password": password})
        self.person = me["person"]
        self._http.headers["X-CSRF-Token"] = me["csrf_token"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, **query: str | int) -> Any:
        """JSON of a GET."""
        return self._json(self._http.get(path, params=query))

    def bytes(self, path: str, **query: str | int) -> httpx.Response:
        """The whole answer of a GET that is not JSON."""
        return self._checked(self._http.get(path, params=query))

    def post(self, path: str, body: Any = None) -> Any:
        """JSON of a POST."""
        return self._json(self._http.post(path, json=body))

    def put(self, path: str, body: Any) -> Any:
        """JSON of a PUT."""
        return self._json(self._http.put(path, json=body))

    def patch(self, path: str, body: Any) -> Any:
        """JSON of a PATCH."""
        return self._json(self._http.patch(path, json=body))

    def wait_for_reading(self, reading_id: str, seconds: float = 300.0) -> Any:
        """The reading once it is over. Raises `JourneyFailed` where it fails or takes too long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            reading = self.get(f"/api/v1/readings/{reading_id}")
            if reading["status"] == "finished":
                return reading
            if reading["status"] in ("failed", "cancelled"):
                raise JourneyFailed(
                    step="reading", problem="journey_step", technical=f"{reading['status']}: {reading['error']}"
                )
            time.sleep(0.3)
        raise JourneyFailed(step="reading", problem="journey_slow", seconds=round(seconds))

    def _json(self, answer: httpx.Response) -> Any:
        return self._checked(answer).json() if answer.status_code != httpx.codes.NO_CONTENT else None

    @staticmethod
    def _checked(answer: httpx.Response) -> httpx.Response:
        if answer.is_error:
            raise JourneyFailed(
                step=f"{answer.request.method} {answer.request.url.path}",
                problem="journey_step",
                technical=f"HTTP {answer.status_code}: {answer.text}",
            )
        return answer
