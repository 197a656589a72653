"""A network between a client and a server that can be cut and that can fall silent."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable


class Relay:
    """Passes what connects to `port` of the loopback interface on to another port of it."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._passes = asyncio.Event()
        self._passes.set()
        self._cut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(listener.getsockname()[1])
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(asyncio.start_server(self._connected, sock=listener), self._loop).result()

    def cut(self) -> None:
        """Break every connection, and every new one, until `mend`."""
        self._do(self._break)

    def silence(self) -> None:
        """Let nothing through until `mend`, and tell nobody: as when a cable is drawn."""
        self._do(self._passes.clear)

    def mend(self) -> None:
        """Let everything through again, also what was sent into the silence."""
        self._do(self._open)

    def close(self) -> None:
        """Break what is connected, and listen no more."""
        self._do(self._break)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _do(self, action: Callable[[], None]) -> None:
        done = threading.Event()
        self._loop.call_soon_threadsafe(action)
        self._loop.call_soon_threadsafe(done.set)
        done.wait()

    def _break(self) -> None:
        self._cut = True
        for writer in self._writers:
            writer.transport.abort()

    def _open(self) -> None:
        self._cut = False
        self._passes.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        try:
            await self._passes.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        for one, other in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.ensure_future(self._pass(one, other))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with contextlib.suppress(OSError):
                while data := await reader.read(65536):
                    await self._passes.wait()
                    writer.write(data)
                    await writer.drain()
        finally:
            self._writers.discard(writer)
            writer.close()
