"""Lines over TLS by `openssl s_client`, which tells what Python does not: the channel binding tls-exporter (RFC 9266), under TLS 1.3: with
an older one openssl's has no context, which that of the RFC has, though an empty one."""
import subprocess

LABEL = "EXPORTER-Channel-Binding"


class TiedClient:
    """`begins`: how the server's lines begin; whatever else stands there is a remark of openssl's."""

    def __init__(self, place: tuple[str, int], begins: tuple[str, ...]):
        self._begins = begins
        command = ["openssl", "s_client", "-connect", "{}:{}".format(*place), "-keymatexport", LABEL, "-keymatexportlen", "32", "-nocommands", "-tls1_3"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.binding = bytes.fromhex(self._find(("Keying material: ",)).split()[-1])
        self.greeting = self.line()

    def _find(self, begins: tuple[str, ...]) -> str:
        for line in self._process.stdout:
            if (text := line.decode("utf-8", "replace").strip()).startswith(begins):
                return text
        raise AssertionError(f"the connection ended where {begins} was to come")

    def line(self) -> str:
        return self._find(self._begins)

    def ask(self, line: str) -> str:
        """The next line behind it."""
        self._process.stdin.write(line.encode() + b"\r\n")
        self._process.stdin.flush()
        return self.line()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
