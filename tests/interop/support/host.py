"""What this machine lets a test do: for those that must say that they did not run."""
import socket


def has_ipv6() -> bool:
    """The kernel has IPv6, and ::1 is up."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


def may_listen_on_port_25(address: str) -> bool:
    """Root may, and nobody else does there."""
    try:
        socket.create_server((address, 25), family=socket.AF_INET6 if ":" in address else socket.AF_INET).close()
        return True
    except OSError:
        return False
