"""Requests whose body was packed with gzip, as the painter sends large paintings: unpacked before any route reads them."""

import zlib

from app.routes.guard import Application, Message, Receive, Scope, Send, refuse

LARGEST = 256 * 1024**2  # bytes of a body once unpacked
_GZIP = 16 + zlib.MAX_WBITS


class Packed:
    """Unpack bodies with `Content-Encoding: gzip`; a damaged or endless one is refused with a sentence."""

    def __init__(self, app: Application, largest: int = LARGEST) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope.get("headers", [])
        if scope["type"] != "http" or (b"content-encoding", b"gzip") not in headers:
            await self._app(scope, receive, send)
            return
        body = await _whole(receive)
        unpacker = zlib.decompressobj(_GZIP)
        try:
            unpacked = unpacker.decompress(body, self._largest)
        except zlib.error:
            await refuse(send, 400, "The request was packed, and is damaged. Send it again.")
            return
        if not unpacker.eof:
            is_large = len(unpacked) >= self._largest
            sentence = f"At most {self._largest / 1024**2:.3g} MB are taken at once." if is_large else None
            await refuse(
                send, 413 if is_large else 400, sentence or "The request was cut short. Send it again."
            )
            return
        kept = [pair for pair in headers if pair[0] not in (b"content-encoding", b"content-length")]
        length = (b"content-length", str(len(unpacked)).encode())
        await self._app({**scope, "headers": [*kept, length]}, _told(unpacked, receive), send)


async def _whole(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return b"".join(parts)


def _told(body: bytes, receive: Receive) -> Receive:
    """The body in one message, then whatever comes."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return messages.pop() if messages else await receive()

    return receiving
