"""How one start of Twinbank was asked for."""

import ipaddress
import secrets
from dataclasses import dataclass
from pathlib import Path

DEFAULT_PORT = 7860
PORTS_TRIED = 50


@dataclass(frozen=True)
class Settings:
    """Where to serve from, and who may come in."""

    workspace: Path
    device: str = "auto"
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    opens_browser: bool = True
    access_key: str | None = None  # None: no key is asked for (this machine only)
    extra_hosts: tuple[str, ...] = ()  # further names under which browsers may reach the server
    author: str | None = None
    import_from: tuple[Path, ...] = ()  # folders that visitors from elsewhere may import


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach a server bound to `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def new_access_key() -> str:
    return secrets.token_urlsafe(24)
