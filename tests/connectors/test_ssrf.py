import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from local_site import Page, Site, serve

from hybrid.errors import HybridError, SourceError
from hybrid_connectors._addresses import is_public
from hybrid_connectors._transport import GuardedTransport, RefusedAddress
from hybrid_connectors.web import Web

NAMES = {
    "localhost": ["127.0.0.1", "::1"],
    "LOCALHOST": ["127.0.0.1"],
    "localhost.": ["127.0.0.1"],
    "intranet": ["10.1.2.3"],
    "internal.example.org": ["192.168.1.10"],
    "metadata.google.internal": ["169.254.169.254"],
    "127.0.0.1.nip.example": ["127.0.0.1"],
    "mixed.example.org": ["93.184.215.14", "10.0.0.1"],
    "mixed6.example.org": ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "fd00::1"],
    "mapped.example.org": ["::ffff:169.254.169.254"],
    "nothing.example.org": [],
}
"""What an evil name server says; every other name is asked of the real resolver, which reads all numeric spellings."""

REFUSED = [
    # loopback in every spelling that a resolver understands
    "http://127.0.0.1/", "http://127.0.0.1:8080/", "http://127.1/", "http://127.0.1/", "http://127.255.255.254/",
    "http://2130706433/", "http://0x7f000001/", "http://0x7f.0.0.1/", "http://0x7f.1/", "http://0177.0.0.1/",
    "http://017700000001/", "http://0177.1/", "http://127.0x0.0.1/", "http://127。0。0。1/", "http://①②⑦.⓪.⓪.①/",
    "http://[::1]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/", "http://[::1%25lo]/", "http://localhost/", "http://LOCALHOST/", "http://localhost./",
    "https://localhost/", "http://127.0.0.1.nip.example/",
    # this host, private, shared, reserved, broadcast, multicast
    "http://0/", "http://0.0.0.0/", "http://[::]/", "http://10.0.0.1/", "http://0xa.1/", "http://172.16.0.1/",
    "http://172.31.255.254/", "http://192.168.0.1/", "http://3232235521/", "http://100.64.0.1/", "http://192.0.0.1/",
    "http://192.0.2.1/", "http://198.18.0.1/", "http://198.51.100.1/", "http://203.0.113.1/", "http://224.0.0.1/",
    "http://239.255.255.250/", "http://240.0.0.1/", "http://255.255.255.255/", "http://intranet/",
    "http://internal.example.org/",
    # services of a cloud's host
    "http://169.254.169.254/latest/meta-data/", "http://0xa9fea9fe/", "http://2852039166/", "http://169.254.43518/",
    "http://[::ffff:169.254.169.254]/", "http://[::ffff:a9fe:a9fe]/", "http://metadata.google.internal/",
    "http://100.100.100.200/", "http://192.0.0.192/", "http://168.63.129.16/", "http://[fd00:ec2::254]/",
    "http://mapped.example.org/",
    # IPv6: link-local, unique local, site-local, multicast, documentation, tunnels and translations to IPv4
    "http://[fe80::1]/", "http://[fe80::1%25eth0]/", "http://[fc00::1]/", "http://[fdff::1]/", "http://[fec0::1]/",
    "http://[ff02::1]/", "http://[2001:db8::1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::10.0.0.1]/",
    "http://[64:ff9b:1::1]/", "http://[2002:7f00:1::]/", "http://[2002:a00:1::]/", "http://[2001:0:7f00:1::]/",
    # what is before or behind the host
    "http://example.com@127.0.0.1/", "http://user:pass@127.0.0.1/", "http://127.0.0.1#@example.com/",
    "http://127.0.0.1?@example.com/", "http://127.0.0.1:80%40example.com/", "http:///127.0.0.1/",
    # a name with a public and a private address, and no http at all
    "http://mixed.example.org/", "http://mixed6.example.org/", "http://nothing.example.org/",
    "ftp://93.184.215.14/", "file:///etc/passwd", "gopher://127.0.0.1/", "//127.0.0.1/", "http://",
]  # fmt: skip


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every connection that anything in this process tries, none of which is made."""
    tried: list[Any] = []

    def spy(_: object, address: Any) -> None:
        tried.append(address)
        raise ConnectionRefusedError("no test connects")

    resolve = socket.getaddrinfo

    def lie(host: str, port: int, *arguments: Any, **options: Any) -> list[Any]:
        if host not in NAMES:
            return resolve(host, port, *arguments, **options)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in NAMES[host]]

    monkeypatch.setattr(socket.socket, "connect", spy)
    monkeypatch.setattr(socket.socket, "connect_ex", spy)
    monkeypatch.setattr(socket, "getaddrinfo", lie)
    return tried


def test_the_corpus_is_as_large_as_promised():
    assert len(set(REFUSED)) == len(REFUSED) >= 60


@pytest.mark.parametrize("url", REFUSED)
def test_no_spelling_connects(connects: list[Any], url: str):
    with (
        httpx.Client(transport=GuardedTransport(), follow_redirects=True) as client,
        pytest.raises((httpx.RequestError, httpx.InvalidURL)),
    ):
        client.get(url)
    assert connects == []


@pytest.mark.parametrize("url", REFUSED)
def test_no_start_connects(connects: list[Any], url: str):
    with pytest.raises(HybridError):
        Web(name="site", url=url, delay_seconds=0).list()
    assert connects == []


def test_the_spy_sees_a_connection_to_a_public_address(connects: list[Any]):
    with httpx.Client(transport=GuardedTransport()) as client, pytest.raises(httpx.ConnectError):
        client.get("http://93.184.215.14:8080/")
    assert connects == [("93.184.215.14", 8080)]


def test_the_address_that_was_checked_is_the_one_connected_to(connects: list[Any], monkeypatch: pytest.MonkeyPatch):
    answers = iter(["93.184.215.14", "127.0.0.1", "127.0.0.1"])

    def rebind(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        address = next(answers) if host == "rebind.example.org" else host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebind)
    with httpx.Client(transport=GuardedTransport()) as client:
        with pytest.raises(httpx.ConnectError):
            client.get("http://rebind.example.org/")
        with pytest.raises(RefusedAddress, match="is at 127.0.0.1, which is not public"):
            client.get("http://rebind.example.org/")
    assert connects == [("93.184.215.14", 80)]


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_public_addresses_are_public(address: str):
    assert is_public(address)


class TestRedirects:
    @pytest.fixture
    def site(self) -> Iterator[Site]:
        with serve() as site:
            yield site

    @pytest.fixture
    def elsewhere(self) -> Iterator[Site]:
        with serve() as site:
            site.pages = {"/": "<p>internal", "/robots.txt": "", "/sitemap.xml": "<urlset/>"}
            yield site

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_the_transport_checks_each_hop(self, site: Site, elsewhere: Site, status: int):
        transport = GuardedTransport([f"127.0.0.1:{site.port}"])
        with httpx.Client(transport=transport, follow_redirects=True) as client:
            for target in (elsewhere.origin, f"http://localhost:{elsewhere.port}", f"http://127.1:{elsewhere.port}/"):
                site.pages["/"] = Page(status=status, headers={"Location": target})
                with pytest.raises(RefusedAddress):
                    client.get(site.origin + "/")
        assert elsewhere.requests == []

    @pytest.mark.parametrize("from_path", ["/robots.txt", "/sitemap.xml", "/a"])
    def test_no_part_of_a_listing_is_led_away(self, site: Site, elsewhere: Site, from_path: str):
        site.pages |= {"/sitemap.xml": site.sitemap("/a", "/b"), "/a": "<p>a", "/b": "<p>b"}
        site.pages[from_path] = Page(status=302, headers={"Location": elsewhere.origin + from_path})
        source = Web(
            name="site",
            sitemap=site.origin + "/sitemap.xml",
            allow_hosts=(f"127.0.0.1:{site.port}",),
            delay_seconds=0,
        )
        if from_path == "/a":
            assert [entry.path for entry in source.list().entries] == ["b"]
        else:
            with pytest.raises(SourceError, match="which is not public; .*allow_hosts"):
                source.list()
        assert elsewhere.requests == []

    def test_the_environment_names_no_proxy(self, site: Site, elsewhere: Site, monkeypatch: pytest.MonkeyPatch):
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, elsewhere.origin)
        site.pages["/"] = "<p>x"
        source = Web(name="site", url=site.origin, allow_hosts=("127.0.0.1",), delay_seconds=0)
        assert [entry.path for entry in source.list().entries] == ["."]
        assert elsewhere.requests == []
