"""A real web server on this machine, whose pages a test sets while it runs."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    """What the server answers for one path."""

    body: bytes | str = b""
    status: int = 200
    type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None


@dataclass
class Site:
    """Pages by path, and every request that came."""

    pages: dict[str, Page | str] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def sitemap(self, *paths: str) -> str:
        return "<urlset>" + "".join(f"<url><loc>{self.origin}{path}</loc></url>" for path in paths) + "</urlset>"


@contextmanager
def serve() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            site.requests.append((self.path, headers))
            page = site.pages.get(self.path, Page("missing", status=404))
            page = Page(page) if isinstance(page, str) else page
            page.before()
            etag, modified = page.headers.get("ETag"), page.headers.get("Last-Modified")
            fresh = (etag and headers.get("if-none-match") == etag) or (
                modified and headers.get("if-modified-since") == modified
            )
            body = page.body.encode() if isinstance(page.body, str) else page.body
            self.send_response(304 if fresh else page.status)
            self.send_header("Content-Type", page.type)
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0" if fresh else str(len(body)))
            self.end_headers()
            if not fresh:
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

        def handle(self) -> None:
            # The client hangs up in some tests, which are about that.
            with suppress(ConnectionError, TimeoutError):
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
