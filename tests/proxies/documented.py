"""The guide's configurations of reverse proxies, and each proxy as it runs with its own."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tests.guides.documents import text_of
from tests.serving import free_port, listens, missing, program, running

Proxy = Literal["caddy", "nginx", "apache", "haproxy"]
PROXIES: Final[tuple[Proxy, ...]] = ("caddy", "nginx", "apache", "haproxy")
HOST: Final = "snowflake.example.com"
GUIDE: Final = "snowflake/guides/reverse-proxies.md"
#: Where the documents say that Snowflake is, and its certificate.
UPSTREAM, CERTIFICATES = "127.0.0.1:8000", "/etc/ssl/snowflake"
APACHE_MODULES = Path("/usr/lib/apache2/modules")
#: What people write instead. The path does not stay as it is then: slashes are merged, and ``%2F``
#: is decoded. Logins go on all the same.
CARELESS: Final[Mapping[Proxy, Mapping[str, str]]] = {
    "nginx": {f"proxy_pass http://{UPSTREAM};": f"proxy_pass http://{UPSTREAM}/;"},
    "apache": {" nocanon": "", "AllowEncodedSlashes NoDecode": "AllowEncodedSlashes On"},
    # Which is what Traefik does, in words of HAProxy's.
    "haproxy": {"option forwardfor": 'http-request set-path "%[path,regsub(//+,/,g)]"'},
}


@dataclass(frozen=True)
class Place:
    """Where a proxy of the tests has its files, and listens."""

    directory: Path
    port: int


def block(proxy: str) -> str:
    """Answer what the guide says of a proxy."""
    pattern = rf"<!-- proxy: {proxy} -->\n```[a-z]+\n(.*?)```\n"
    [found] = re.findall(pattern, text_of(GUIDE), re.DOTALL)
    return str(found)


def below_a_path(proxy: str, text: str) -> str:
    """Change a block as the guide's table says."""
    [table] = re.findall(r"<!-- base path -->\n(.*?)<!-- /base path -->", text_of(GUIDE), re.DOTALL)
    rows = re.findall(r"^\| (\w+) \| `+(.+?)`+ \| `+(.+?)`+ \|$", table, re.MULTILINE)
    [(before, after)] = [row[1:] for row in rows if row[0].lower() == proxy]
    return replaced(text, {before: after})


def replaced(text: str, changes: Mapping[str, str]) -> str:
    """Replace what has to be there once."""
    for before, after in changes.items():
        assert text.count(before) == 1, f"{before!r} is not there once"
        text = text.replace(before, after)
    return text


@contextmanager
def proxying(proxy: Proxy, text: str, directory: Path, upstream: int) -> Iterator[int]:
    """Run a proxy by a block, before a Snowflake at a port; answer its own port.

    ``directory`` holds the certificate, its key, and both in one file, as the block calls them.
    """
    place = Place(directory, free_port())
    text = text.replace(CERTIFICATES, str(directory)).replace(UPSTREAM, f"127.0.0.1:{upstream}")
    configuration = directory / f"{proxy}.conf"
    configuration.write_text(_WRAPPED[proxy](text, place), "utf-8")
    command = [part.replace("{}", str(configuration)) for part in _command(proxy)]
    variables = {"HOME": str(directory), "XDG_DATA_HOME": str(directory)}
    with running(command, directory / f"{proxy}.log", variables) as started:
        started.wait_until(lambda: listens(place.port))
        yield place.port


def _command(proxy: Proxy) -> list[str]:
    match proxy:
        case "caddy":
            return [program("caddy"), "run", "--adapter", "caddyfile", "--config", "{}"]
        case "nginx":
            return [program("nginx"), "-c", "{}"]
        case "apache":
            return [program("apache2"), "-f", "{}", "-DFOREGROUND"]
        case "haproxy":
            return [program("haproxy"), "-db", "-f", "{}"]


def _caddy(text: str, place: Place) -> str:
    # The certificate would be asked for at an authority, and the port is for root.
    site = f"https://{HOST}:{place.port} {{\nbind 127.0.0.1\n"
    files = f"{place.directory}/fullchain.pem {place.directory}/privkey.pem"
    options = "{\nadmin off\nauto_https disable_redirects\nskip_install_trust\n}\n"
    return options + replaced(text, {f"{HOST} {{\n": f"{site}tls {files}\n"})


def _nginx(text: str, place: Place) -> str:
    paths = "".join(
        f"{name}_temp_path {place.directory}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    server = replaced(text, {"listen 443 ssl;": f"listen 127.0.0.1:{place.port} ssl;"})
    return f"""
daemon off;
{"user root;" if os.geteuid() == 0 else ""}
pid {place.directory}/nginx.pid;
error_log stderr;
events {{}}
http {{
access_log off;
{paths}
{server}
}}
"""


def _apache(text: str, place: Place) -> str:
    modules = ("mpm_event", "authz_core", "ssl", "socache_shmcb", "headers", "proxy", "proxy_http")
    if not (APACHE_MODULES / "mod_proxy_http.so").exists():
        missing("mod_proxy_http")
    load = "\n".join(f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so" for name in modules)
    return f"""
{load}
{"User nobody" if os.geteuid() == 0 else ""}
{"Group nogroup" if os.geteuid() == 0 else ""}
ServerRoot {place.directory}
DefaultRuntimeDir {place.directory}
PidFile {place.directory}/apache.pid
ErrorLog /dev/stderr
ServerName {HOST}
Listen 127.0.0.1:{place.port}
{replaced(text, {"*:443": f"127.0.0.1:{place.port}"})}
"""


def _haproxy(text: str, place: Place) -> str:
    return replaced(text, {"bind :443": f"bind 127.0.0.1:{place.port}"})


_WRAPPED: Final[Mapping[Proxy, Callable[[str, Place], str]]] = {
    "caddy": _caddy,
    "nginx": _nginx,
    "apache": _apache,
    "haproxy": _haproxy,
}
