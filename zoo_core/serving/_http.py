"""How bytes of a connection become requests: uvicorn's reader, with a limit of the headers."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from zoo_core.serving._headers import MAX_HEADERS


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection whose headers do not end; the library itself would keep on collecting them."""

    unfinished = 0  # bytes of a request whose headers have not ended
    in_headers = False

    def on_message_begin(self) -> None:
        """Note that headers follow."""
        self.in_headers, self.unfinished = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that the headers have ended."""
        self.in_headers = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Read what has come."""
        super().data_received(data)
        self.unfinished += len(data) if self.in_headers else 0
        if self.unfinished > MAX_HEADERS and not self.transport.is_closing():
            self.send_400_response("The headers are too long.")
