"""Takes connections until the rig is closed, a thread for each: for whoever stands between two machines."""
import socket
import threading
from collections.abc import Callable

from .rig import Rig


def accept_each(rig: Rig, at: tuple[str, int], serve: Callable[[socket.socket], None]) -> None:
    """From now on. `serve` closes the connection; what it throws ends its own thread alone."""
    listener = socket.create_server(at)
    rig.at_close(listener.close)

    def listen() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
