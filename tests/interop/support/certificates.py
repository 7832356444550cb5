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


class Authority:
    """Signs certificates of clients."""

    def __init__(self, directory: Path, name: str):
        self._directory, self._name = directory, name
        self.certificate, self._key = directory / f"{name}-ca.crt", directory / f"{name}-ca.key"
        _openssl("req", "-x509", *_NEW_KEY, "-days", "2", "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE",
                 "-keyout", self._key, "-out", self.certificate)

    def issue(self, name: str, *, emails: list[str] = (), subject: str = "", over: bool = False, use: str = "clientAuth") -> tuple[Path, Path]:
        """For these addresses: `emails` as rfc822Names, `subject` as the emailAddress of the subject. `over`: it does not hold any more."""
        base = self._directory / f"{self._name}-{name}"
        request, key, certificate, extensions = (base.with_suffix(end) for end in (".csr", ".key", ".crt", ".ext"))
        _openssl("req", "-new", *_NEW_KEY, "-subj", f"/CN={name}" + (f"/emailAddress={subject}" if subject else ""), "-keyout", key, "-out", request)
        names = ",".join(f"email:{email}" for email in emails)
        extensions.write_text(f"basicConstraints=critical,CA:FALSE\nextendedKeyUsage={use}\n" + (f"subjectAltName={names}\n" if names else ""))
        if over:  # `x509 -req` of this openssl knows no dates in the past: `ca` does
            database = base.with_suffix(".index")
            database.write_text("")
            settings = base.with_suffix(".cnf")
            settings.write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={database}\nnew_certs_dir={self._directory}\nrand_serial=yes\n"
                                "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\nemailAddress=optional\n")
            _openssl("ca", "-batch", "-config", settings, "-cert", self.certificate, "-keyfile", self._key, "-in", request, "-out", certificate,
                     "-extfile", extensions, "-startdate", "20200101000000Z", "-enddate", "20200102000000Z", "-notext")
        else:
            _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial", "-extfile", extensions,
                     "-days", "2", "-out", certificate)
        return certificate, key


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _openssl(*arguments) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
