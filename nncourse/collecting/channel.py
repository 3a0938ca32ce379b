"""Messages between two processes: JSON with its length before it, over a socket."""

import json
import select
import socket
import struct
import time

LARGEST = 200_000_000


class Closed(Exception):
    """The other side is gone, or sends what is no message."""


class Channel:
    """One end of a socket.

    Parameters
    ----------
    sock : socket.socket
        The socket; nobody else reads from it.
    """

    def __init__(self, sock):
        self.sock, self.passed = sock, []

    def send(self, message, sockets=()):
        """Send a message, and sockets with it where the system can."""
        data = json.dumps(message).encode()
        data = struct.pack("<Q", len(data)) + data
        try:
            if sockets:
                sent = socket.send_fds(self.sock, [data[:8]], [s.fileno() for s in sockets])
                data = data[sent:]
            self.sock.sendall(data)
        except OSError:
            raise Closed from None

    def ready(self, seconds):
        """Return whether something can be read within so many seconds."""
        return bool(select.select([self.sock], [], [], seconds)[0])

    def receive(self, deadline=None):
        """Return the next message; sockets that came with it are in `passed`."""
        if hasattr(socket, "recv_fds") and self.sock.family == getattr(socket, "AF_UNIX", None):
            try:
                head, fds, _, _ = socket.recv_fds(self.sock, 8, 4)
            except OSError:
                raise Closed from None
            self.passed = [socket.socket(fileno=fd) for fd in fds]
        else:
            head = self._exactly(8, deadline)
        if len(head) < 8:
            if not head:
                raise Closed
            head += self._exactly(8 - len(head), deadline)
        (size,) = struct.unpack("<Q", head)
        if size > LARGEST:
            raise Closed
        try:
            return json.loads(self._exactly(size, deadline))
        except (ValueError, RecursionError):
            raise Closed from None

    def _exactly(self, size, deadline):
        parts = []
        while size:
            if deadline is not None and not self.ready(max(0.0, deadline - time.monotonic())):
                raise Closed
            try:
                part = self.sock.recv(min(size, 1 << 20))
            except OSError:
                part = b""
            if not part:
                raise Closed
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def close(self):
        """Close this end."""
        self.sock.close()


class Stopwatch:
    """Measures time in small steps, so that the time during which this process was paused hardly counts.

    Examples
    --------
    >>> Stopwatch().look() < 0.3
    True
    """

    def __init__(self):
        self.total, self.last = 0.0, time.monotonic()

    def look(self):
        """Return the seconds so far; to be called several times a second."""
        now = time.monotonic()
        self.total += min(now - self.last, 0.3)
        self.last = now
        return self.total
