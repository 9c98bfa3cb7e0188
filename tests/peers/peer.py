"""What every test peer shares: how it says that it is ready, how it ends, and logs that survive a crash.

A peer listens on 127.0.0.1, prints one line `ready PORT` on standard output once it accepts connections, and
ends on SIGTERM, SIGINT, or when its standard input is closed: the death of whoever started it ends it too.
"""

import ctypes
import json
import os
import signal
import socket
import sys
import threading
import time
from http.server import ThreadingHTTPServer


def announce(port):
    print(f"ready {port}", flush=True)


def end_with_parent():
    """Ends this process when standard input reaches its end (a terminal or /dev/null do not count)."""
    if not _is_pipe(0):
        return

    def wait():
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def _is_pipe(fd):
    import stat

    mode = os.fstat(fd).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def die_when_parent_dies():
    """preexec_fn of a child: SIGKILL when the process that started it is gone (Linux)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def listen(port=0, backlog=1024, host="127.0.0.1"):
    """A listening TCP socket on loopback; port 0 takes a free one."""
    # The protocol is named because asyncio turns off Nagle only on sockets that say TCP.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(backlog)
    return sock


def wait_for_go(directory):
    """Until somebody made the file DIR/go: the answer of a peer that a test lets go when it has seen enough."""
    while not os.path.exists(os.path.join(directory, "go")):
        time.sleep(0.02)


class HttpServer(ThreadingHTTPServer):
    """A thread for each connection; one that breaks is the client's affair, and what many tests are about."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, host, port, handler):
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), handler)

    def handle_error(self, request, client_address):
        pass


def serve(server):
    """Says that it is ready, and serves until it is ended."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    end_with_parent()
    announce(server.server_address[1])
    server.serve_forever()


_held = []


def free_ports(count):
    """Ports nobody else is given while this process lives; whoever listens with SO_REUSEADDR can have them, and until
    somebody does, they refuse."""
    made = [socket.socket() for _ in range(count)]
    for sock in made:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", 0))
    _held.extend(made)
    return [sock.getsockname()[1] for sock in made]


def sync_directory(path):
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def store(directory, name, data):
    """Writes a file durably, under its name only when complete."""
    temporary = os.path.join(directory, "." + name)
    with open(temporary, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    os.rename(temporary, os.path.join(directory, name))
    sync_directory(directory)


class Log:
    """One JSON object per line. append() returns once the line is on disk: what it says is the oracle."""

    def __init__(self, path, durable=True):
        self._file = open(path, "ab", buffering=0)
        self._durable = durable
        self._lock = threading.Lock()

    def append(self, **fields):
        line = json.dumps({"t": round(time.time(), 6), **fields}, ensure_ascii=False)
        with self._lock:
            self._file.write(line.encode("utf-8", "surrogateescape") + b"\n")
            if self._durable:
                os.fsync(self._file.fileno())


class Counter:
    """1, 2, 3 ... across threads, and across restarts of a peer on the same directory."""

    def __init__(self, start=0):
        self._value = start
        self._lock = threading.Lock()

    def next(self):
        with self._lock:
            self._value += 1
            return self._value


def counter_after(directory, suffix):
    numbers = [name[: -len(suffix)] for name in os.listdir(directory) if name.endswith(suffix)]
    return Counter(max((int(n) for n in numbers if n.isdigit()), default=0))


def fail(message):
    print(message, file=sys.stderr)
    sys.exit(1)
