"""urllib3's connections, silent in http.client's debug print, checked for where they end, and closable while in use."""

import contextlib
import socket
import threading
import weakref
from collections.abc import Callable
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class CheckedAdapter(HTTPAdapter):
    """`requests`' adapter with connections of ours.

    `check_peer` gets the address that a connection ended at, before a byte is sent on it, and raises to refuse it: a name
    may resolve differently than a moment ago. Behind a proxy the peer is the proxy, which the deployment chose.
    """

    def __init__(self, check_peer: Callable[[str], None], *, pool_maxsize: int) -> None:
        self._check_peer = check_peer
        self._sockets = _OpenSockets()
        super().__init__(pool_connections=1, pool_maxsize=pool_maxsize)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pool_classes(self._sockets, self._check_peer)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        manager.pool_classes_by_scheme = _pool_classes(self._sockets, None)
        return manager

    def break_off(self) -> None:
        """Close the connections on which an answer is awaited, so that their threads end."""
        for sock in self._sockets.all():
            # One that is closed already is what we want.
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


class _OpenSockets:
    """The sockets in use, added by many threads and forgotten when nobody holds them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def add(self, sock: socket.socket) -> None:
        with self._lock:
            self._sockets.add(sock)

    def all(self) -> list[socket.socket]:
        with self._lock:
            return list(self._sockets)


def _pool_classes(sockets: _OpenSockets, check_peer: Callable[[str], None] | None) -> dict[str, type[HTTPConnectionPool]]:
    class Checked(HTTPConnection):
        # On the class, so that `http.client.HTTPConnection.debuglevel = 1` does not print the Authorization header.
        debuglevel = 0

        def _new_conn(self) -> socket.socket:
            sock = super()._new_conn()
            if check_peer is not None:
                try:
                    check_peer(sock.getpeername()[0])
                except BaseException:
                    sock.close()
                    raise
            return sock

        def connect(self) -> None:
            super().connect()
            if self.sock is not None:
                sockets.add(self.sock)

    class CheckedTls(Checked, HTTPSConnection):
        pass

    class Pool(HTTPConnectionPool):
        ConnectionCls = Checked

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = CheckedTls

    return {"http": Pool, "https": TlsPool}
