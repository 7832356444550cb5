"""Certificates for the tests, made by the openssl program."""
import subprocess
from pathlib import Path


def self_signed(directory: Path, host: str) -> tuple[Path, Path]:
    """A certificate for `host` (a name or an address) and its key, as PEM files in `directory`; they hold for two days."""
    certificate, key = directory / f"{host}.crt", directory / f"{host}.key"
    kind = "IP" if host.replace(".", "").isdigit() else "DNS"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", f"/CN={host}", "-addext", f"subjectAltName={kind}:{host}", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    return certificate, key
