"""The guard in front of every route, Gradio's included: Host, Origin, access key, security headers."""

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "twinbank_access"
OPEN_PATHS = ("/login", "/healthz")  # reachable without the access key
LARGEST_BODY = 2 * 1024**3  # bytes of one request
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",  # Gradio's page starts from inline scripts
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' blob: data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@dataclass(frozen=True)
class Access:
    """Who may come in."""

    hosts: frozenset[str]  # names without port, lower case
    key: str | None = None  # None: the server is bound to this machine alone
    import_from: tuple[Path, ...] = ()  # folders of this machine that visitors may read images from

    def cookie_value(self) -> str:
        """Return what the cookie holds: derived from the key, so that it does not give the key away."""
        assert self.key is not None
        return hashlib.sha256(f"twinbank cookie {self.key}".encode()).hexdigest()

    def opens(self, key: str) -> bool:
        return self.key is not None and hmac.compare_digest(key.encode(), self.key.encode())

    def is_let_in(self, cookie_header: str, authorization: str) -> bool:
        """Check the cookie, or a program's "Authorization: Bearer <key>"."""
        if self.key is None:
            return True
        if authorization.startswith("Bearer ") and self.opens(authorization.removeprefix("Bearer ")):
            return True
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(cookie_header)
        except CookieError:
            return False
        found = cookies[COOKIE].value if COOKIE in cookies else ""
        return hmac.compare_digest(found.encode(), self.cookie_value().encode())


class Guard:
    """ASGI middleware, outermost: refuses before any route runs, and adds headers to every answer."""

    def __init__(self, app: Application, access: Access, largest_body: int = LARGEST_BODY) -> None:
        self._app = app
        self._access = access
        self._largest_body = largest_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        refusal = self._refusal(str(scope["path"]), headers)
        if refusal is None:
            await self._within_limit(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refuse(_with_headers(send), *refusal)

    async def _within_limit(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application read the body up to the limit: one sent in chunks does not say its length before."""
        taken = 0
        is_too_large = has_answered = False

        async def receiving() -> Message:
            nonlocal taken, is_too_large
            message = await receive()
            taken += len(message.get("body", b""))
            if message["type"] != "http.request" or taken <= self._largest_body:
                return message
            is_too_large = True
            return {"type": "http.disconnect"}  # the application stops reading, and forgets what it has

        async def sending(message: Message) -> None:
            nonlocal has_answered
            if is_too_large and not has_answered:
                return  # what it says of a visitor who left is not our answer
            has_answered = True
            await send(message)

        try:
            await self._app(scope, receiving, sending)
        except Exception:  # whatever it makes of a visitor who left; anything else goes on
            if not is_too_large or has_answered:
                raise
        if is_too_large and not has_answered:
            await refuse(send, *self._too_large())

    def _too_large(self) -> tuple[int, str]:
        return 413, f"At most {self._largest_body / 1024**3:.3g} GB are taken at once; send fewer files."

    def _refusal(self, path: str, headers: dict[str, str]) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if host_name(host) not in self._access.hosts:
            return (
                400,
                "This address is not known to Twinbank. Open it by the address it printed at its start.",
            )
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return 403, "This request came from another site and was refused."
        if origin is None and _is_foreign(headers):
            return 403, "This request came from another site and was refused."
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self._largest_body:
            return self._too_large()
        if path not in OPEN_PATHS and not self._access.is_let_in(
            headers.get("cookie", ""), headers.get("authorization", "")
        ):
            return 401, "Open Twinbank by the address with the access key that it printed at its start."
        return None


def _is_foreign(headers: dict[str, str]) -> bool:
    """Tell what another site's page asks for behind a person's back from a person who followed a link."""
    if headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
        return False
    return (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) != ("navigate", "document")


def host_name(host: str) -> str:
    """Return the name in a Host header, without port: "[::1]:7860" gives "::1"."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            kept = [pair for pair in message["headers"] if not pair[0].lower().startswith(b"access-control-")]
            added = [
                (name.encode(), text.encode())
                for name, text in HEADERS.items()
                if name.encode() not in present
            ]
            message["headers"] = kept + added
        await send(message)

    return sending


async def refuse(send: Send, status: int, sentence: str) -> None:
    """Answer a request with {"detail": sentence} before the application sees it."""
    body = json.dumps({"detail": sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
