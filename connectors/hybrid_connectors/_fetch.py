"""One request for one page: polite, within limits on time and size, to public addresses only."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from hybrid.errors import ReadError, TooLargeError
from hybrid_connectors._transport import GuardedTransport, httpx
from hybrid_connectors._urls import canonical_url

AGENT = "hybrid-connectors"
_MAX_REDIRECTS = 5
_SLICE = 65_536


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """The answer to one request."""

    url: str
    """Canonical address that answered."""

    status: int
    """HTTP status."""

    headers: Mapping[str, str]
    """Headers, names in lower case."""

    body: bytes = b""
    """Content, unpacked; empty unless the status is 200 and the content was wanted."""

    @property
    def media_type(self) -> str:
        """Media type without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Fetcher:
    """Fetches pages one after the other, with a pause between two."""

    def __init__(self, *, allow_hosts: Collection[str], max_bytes: int, timeout: float, delay: float) -> None:
        self.delay = delay
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._next = 0.0
        self._lock = threading.Lock()
        self._client = httpx.Client(
            transport=GuardedTransport(allow_hosts),
            headers={"User-Agent": AGENT, "Accept-Encoding": "gzip"},
            timeout=timeout,
            trust_env=False,
        )

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, types: Collection[str] = ()) -> Fetched:
        """Return the answer for an address; a redirect is an answer too.

        Args:
            url: Canonical address.
            headers: Further headers, such as a condition.
            types: Media types whose content is wanted; empty means any.

        Raises:
            TooLargeError: The content exceeds the limit of bytes or of time.
            ReadError: There was no answer.
        """
        with self._lock:
            time.sleep(max(0.0, self._next - time.monotonic()))
            try:
                with self._client.stream("GET", url, headers=dict(headers or {})) as response:
                    answer = Fetched(url=url, status=response.status_code, headers=dict(response.headers))
                    if answer.status != 200 or (types and answer.media_type not in types):
                        return answer
                    body = b"".join(self._content(response, url))
                    return Fetched(url=url, status=200, headers=answer.headers, body=body)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                reason = str(error) or type(error).__name__
                raise ReadError(f"{url}: no answer ({' '.join(reason.split())}); tried again next time") from error
            finally:
                self._next = time.monotonic() + self.delay

    def follow(self, url: str) -> Fetched:
        """Return the answer for an address after at most five redirects.

        Raises:
            ReadError: There was no answer, or no end of redirects.
        """
        for _ in range(_MAX_REDIRECTS + 1):
            answer = self.get(url)
            target = redirect_of(answer)
            if target is None:
                return answer
            url = target
        raise ReadError(f"{url}: redirects more than {_MAX_REDIRECTS} times")

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _content(self, response: httpx.Response, url: str) -> Iterator[bytes]:
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", "x-gzip"):
            raise ReadError(f"{url}: is encoded as {encoding[:20]!r}, which was not asked for")
        unpack = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
        deadline, size = time.monotonic() + self._timeout, 0
        for packed in response.iter_raw(_SLICE):
            try:
                # One byte over the limit is enough to refuse; a bomb is never unpacked whole.
                chunk = unpack.decompress(packed, self._max_bytes + 1) if unpack else packed
            except zlib.error as error:
                raise ReadError(f"{url}: is damaged gzip; tried again next time") from error
            size += len(chunk)
            if size > self._max_bytes:
                raise TooLargeError(f"{url}: has more than {self._max_bytes:,} bytes; exclude it or raise max_bytes")
            if time.monotonic() > deadline:
                raise TooLargeError(f"{url}: takes longer than {self._timeout:g} seconds; raise timeout_seconds")
            yield chunk
        if unpack is not None and not unpack.eof:
            raise ReadError(f"{url}: is damaged gzip; tried again next time")


def redirect_of(answer: Fetched) -> str | None:
    """Return the canonical target of a redirect; None if it is none, or one to nowhere."""
    if answer.status not in (301, 302, 303, 307, 308):
        return None
    return canonical_url(answer.headers.get("location", ""), answer.url)
