"""What happens, told to the pages that are open: one `LISTEN` connection a process, fanned out to its streams.

A stream shows only its own organization's events. It ends with its session, with the server, and when its reader
falls too far behind; the page then connects again and reads afresh what it shows (an event is a hint, not a record).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

from coverslip.jobs.progress import LiveEvent
from coverslip.records.errors import DatabaseUnavailable

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10.0
LONGEST_QUEUE = 500
RECONNECT_MILLISECONDS = 2000
LISTEN_AGAIN_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 5.0


class Stream:
    """One open page: the events it has not been sent yet."""

    def __init__(self, organization_id: UUID, session_id: UUID) -> None:
        self.organization_id = organization_id
        self.session_id = session_id
        self.ended = False
        self._queue: asyncio.Queue[LiveEvent | None] = asyncio.Queue(LONGEST_QUEUE)

    def offer(self, event: LiveEvent) -> None:
        """Take one event; a reader that is too far behind is ended."""
        if self._queue.full():
            self.end()
        else:
            self._queue.put_nowait(event)

    def end(self) -> None:
        """Let the reader stop soon."""
        self.ended = True
        if not self._queue.full():
            self._queue.put_nowait(None)

    async def next(self, seconds: float) -> LiveEvent | None:
        """The next event, or None when it ended or nothing came in time."""
        try:
            return await asyncio.wait_for(self._queue.get(), seconds)
        except TimeoutError:
            return None


class LiveHub:
    """Every open stream of this process, and the one connection that feeds them."""

    def __init__(self, listen: Callable[[Callable[[], None]], AsyncIterator[LiveEvent]]) -> None:
        """`listen(listening)` gives the events from the moment it calls `listening`."""
        self._listen = listen
        self._streams: set[Stream] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listening = asyncio.Event()
        self.closed = False

    async def run(self) -> None:
        """Listen until cancelled; while the database is away, try again every second."""
        self._loop = asyncio.get_running_loop()
        while True:
            try:
                async for event in self._listen(self._listening.set):
                    self._fan_out(event)
            except DatabaseUnavailable:
                logger.warning("live.database_unavailable")
            self._listening.clear()
            self._end_all()
            await asyncio.sleep(LISTEN_AGAIN_SECONDS)

    async def open(self, organization_id: UUID, session_id: UUID) -> Stream:
        """A new stream that misses nothing from now on; give it back by `release`. Raises `DatabaseUnavailable`."""
        try:
            await asyncio.wait_for(self._listening.wait(), LONGEST_WAIT_SECONDS)
        except TimeoutError as error:
            raise DatabaseUnavailable(problem="database_lost", technical="LISTEN") from error
        stream = Stream(organization_id, session_id)
        self._streams.add(stream)
        if self.closed:
            stream.end()
        return stream

    def release(self, stream: Stream) -> None:
        """The reader has gone."""
        self._streams.discard(stream)

    def close(self) -> None:
        """End every stream: the server is stopping."""
        self.closed = True
        self._end_all()

    def end_session(self, session_id: UUID | None) -> None:
        """End the streams of a session that was signed out; may be called from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._end_session, session_id)

    def _end_session(self, session_id: UUID | None) -> None:
        for stream in self._streams:
            if stream.session_id == session_id:
                stream.end()

    def _fan_out(self, event: LiveEvent) -> None:
        for stream in self._streams:
            if stream.organization_id == event.organization_id:
                stream.offer(event)
        # A reader that left before its first byte never gives its stream back; it is full some time, and goes here.
        self._streams = {stream for stream in self._streams if not stream.ended}

    def _end_all(self) -> None:
        for stream in self._streams:
            stream.end()


async def server_sent(
    hub: LiveHub, stream: Stream, still_valid: Callable[[], Awaitable[bool]], *, shows_cases: bool
) -> AsyncIterator[bytes]:
    """The stream as server-sent events: its events, and a ping with a look at the session in every pause.

    `shows_cases`: False for people without access to cases, who get pings alone.
    """
    loop = asyncio.get_running_loop()
    try:
        yield f"retry: {RECONNECT_MILLISECONDS}\n\n".encode()
        checked = loop.time()
        while not stream.ended:
            event = await stream.next(HEARTBEAT_SECONDS)
            if event is not None and shows_cases:
                yield _encoded(event)
            if loop.time() - checked >= HEARTBEAT_SECONDS:
                if not await still_valid():
                    break
                checked = loop.time()
                yield b"event: ping\ndata: {}\n\n"
    finally:
        hub.release(stream)


def _encoded(event: LiveEvent) -> bytes:
    return f"event: {event.type}\ndata: {json.dumps(event.page_data())}\n\n".encode()
