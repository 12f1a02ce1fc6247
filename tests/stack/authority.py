"""An authority of the tests' own: a certificate for localhost, and what trusts it, made by openssl."""

import subprocess
from pathlib import Path
from typing import NamedTuple

EXTENSIONS = "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n"


class Certified(NamedTuple):
    """Files in PEM: the authority; a server's key and certificate, each alone and all in one."""

    authority: Path
    key: Path
    certificate: Path
    keystore: Path


def certified(folder: Path) -> Certified:
    """Make them in a folder."""
    _openssl(folder, "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem")
    _openssl(folder, "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr")
    (folder / "extensions").write_text(EXTENSIONS)
    signing = "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out server.crt"
    _openssl(folder, f"{signing} -extfile extensions")
    key, certificate, authority = (folder / name for name in ("server.key", "server.crt", "ca.pem"))
    keystore = folder / "server.pem"
    keystore.write_text("".join(each.read_text() for each in (key, certificate, authority)))
    return Certified(authority, key, certificate, keystore)


def _openssl(folder: Path, words: str) -> None:
    subprocess.run(["openssl", *words.split()], cwd=folder, capture_output=True, check=True)
