"""How requests reach the target: TLS, HTTP/2, Unix sockets, proxies, compression. The target is a real nginx."""

import gzip
import pathlib
import subprocess
import tempfile

import pytest

from support import free_port, run_tidemark

CONFIGURATION = """
user root;  # started by root, its worker would be nobody, and see none of our files
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
worker_processes 1;
events {{}}
http {{
  log_format seen '$server_protocol $ssl_client_s_dn $connection $http_accept_encoding $host $request_uri';
  access_log {folder}/access.log seen;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen {listen}; root {folder}/www; gzip_static on; {more} }}
}}
"""


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> pathlib.Path:
    """A certificate authority of our own, a server's and a client's certificate."""
    folder = tmp_path_factory.mktemp("keys")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = ["req", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    openssl(*new, "-x509", "-subj", "/CN=Our CA", "-keyout", "ca.key", "-out", "ca.pem")
    names = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:shop.example"]
    signed = ["-x509", "-CA", "ca.pem", "-CAkey", "ca.key"]
    openssl(*new, *signed, "-subj", "/CN=shop", *names, "-keyout", "server.key", "-out", "server.pem")
    openssl(*new, *signed, "-subj", "/CN=ann", "-keyout", "client.key", "-out", "client.pem")
    return folder


class Nginx:
    """A scenario file with an nginx of its own as the target."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.port = free_port()

    def yaml(self, connection: str, listen: str = "", more: str = "", scenario: str = "") -> str:
        www = self.folder / "www"
        www.mkdir(exist_ok=True)
        (www / "page").write_text("a page\n")
        (www / "page.gz").write_bytes(gzip.compress(b"a page\n"))
        listen = listen or f"127.0.0.1:{self.port}"
        text = CONFIGURATION.format(folder=self.folder, listen=listen, more=more)
        (self.folder / "nginx.conf").write_text(text)
        return f"""
version: 1
name: sample
target:
  command: [nginx, -c, {self.folder}/nginx.conf]
  port: {self.port}
  readiness: {{path: /page, timeout: 5s}}
  connection: {connection}
scenarios:
  ok:
    request: {{path: /page}}
    expect: {{status: 200, bytes: 7B, contains: a page}}
    iterations: {{max: 60}}
    {scenario}
"""

    def seen(self) -> list[list[str]]:
        return [line.split(" ") for line in (self.folder / "access.log").read_text().splitlines()]


@pytest.fixture
def nginx(tmp_path) -> Nginx:
    return Nginx(tmp_path)


def run_well(tmp_path, yaml):
    result = run_tidemark(tmp_path, yaml)
    assert result.code in (0, 4), result.stdout
    assert not result.scenario()["unexpected_answers"], result.scenario()["unexpected_answers"]
    assert result.scenario()["requests"]["total"] >= 20
    return result


def test_tls_with_an_authority_of_one_s_own(tmp_path, nginx, keys):
    tls = f"ssl_certificate {keys}/server.pem; ssl_certificate_key {keys}/server.key;"
    run_well(tmp_path, nginx.yaml(f"{{tls: {{ca: {keys}/ca.pem}}}}", f"127.0.0.1:{nginx.port} ssl", tls))


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path, nginx, keys):
    tls = f"ssl_certificate {keys}/server.pem; ssl_certificate_key {keys}/server.key;"
    yaml = nginx.yaml("{tls: true}", f"127.0.0.1:{nginx.port} ssl", tls)
    yaml = yaml.replace("timeout: 5s", "timeout: 1s")
    result = run_tidemark(tmp_path, yaml)
    assert result.code == 3
    assert "TLS certificate not trusted" in result.stdout


def test_without_verification_it_is_taken(tmp_path, nginx, keys):
    tls = f"ssl_certificate {keys}/server.pem; ssl_certificate_key {keys}/server.key;"
    run_well(tmp_path, nginx.yaml("{tls: {verify: false}}", f"127.0.0.1:{nginx.port} ssl", tls))


def test_a_client_shows_its_certificate_and_the_host_s_name_is_checked(tmp_path, nginx, keys):
    tls = (
        f"ssl_certificate {keys}/server.pem; ssl_certificate_key {keys}/server.key;"
        f"ssl_client_certificate {keys}/ca.pem; ssl_verify_client on;"
    )
    connection = (
        f"{{host: shop.example, tls: {{ca: {keys}/ca.pem, certificate: {keys}/client.pem,"
        f" key: {keys}/client.key}}}}"
    )
    run_well(tmp_path, nginx.yaml(connection, f"127.0.0.1:{nginx.port} ssl", tls))
    assert {(line[1], line[4]) for line in nginx.seen()} == {("CN=ann", "shop.example")}


def test_http_2_over_cleartext(tmp_path, nginx):
    run_well(tmp_path, nginx.yaml('{http: "2"}', f"127.0.0.1:{nginx.port} http2"))
    assert {line[0] for line in nginx.seen()} == {"HTTP/2.0"}


def test_http_2_over_tls(tmp_path, nginx, keys):
    tls = f"ssl_certificate {keys}/server.pem; ssl_certificate_key {keys}/server.key;"
    connection = f'{{http: "2", tls: {{ca: {keys}/ca.pem}}}}'
    run_well(tmp_path, nginx.yaml(connection, f"127.0.0.1:{nginx.port} ssl http2", tls))
    assert {line[0] for line in nginx.seen()} == {"HTTP/2.0"}


def test_a_unix_socket_in_place_of_a_port(tmp_path, nginx):
    with tempfile.TemporaryDirectory() as folder:  # a socket's path has 107 bytes at most
        yaml = nginx.yaml(f"{{unix_socket: {folder}/nginx.sock}}", f"unix:{folder}/nginx.sock")
        run_well(tmp_path, yaml.replace("  readiness: {path: /page, timeout: 5s}\n", ""))


def test_without_keep_alive_each_request_has_a_connection(tmp_path, nginx):
    result = run_well(tmp_path, nginx.yaml("{keep_alive: false}"))
    connections = {line[2] for line in nginx.seen()}
    assert len(connections) == len(nginx.seen()) >= result.scenario()["requests"]["total"]


def test_a_compressed_answer_is_checked_as_what_it_stands_for(tmp_path, nginx):
    run_well(tmp_path, nginx.yaml('{accept_encoding: "gzip"}'))
    assert {line[3] for line in nginx.seen()} == {"gzip"}


def test_through_a_proxy(tmp_path, nginx):
    proxy = free_port()
    more = f"}} server {{ listen 127.0.0.1:{proxy}; location / {{ proxy_pass http://$http_host; }}"
    run_well(tmp_path, nginx.yaml(f"{{proxy: 'http://127.0.0.1:{proxy}'}}", more=more))
    # Twice each: by the proxy, and by the server behind it.
    assert len(nginx.seen()) >= 40


def test_clients_that_hang_up_and_slow_ones(tmp_path, nginx):
    """1 MiB: one hangs up after 64 KiB, the other takes it at 4 MiB/s: a quarter of a second."""
    yaml = nginx.yaml(
        "{}",
        scenario="""
  slow:
    flow:
      - request: {path: /large, abort_after: 64KiB}
      - request: {path: /large, read_rate: 4MiB/s}
        expect: {status: 200, bytes: 1MiB}
    iterations: {max: 24}
    max_duration: 30s
""",
    )
    (tmp_path / "www/large").write_bytes(b"x" * (1 << 20))
    result = run_tidemark(tmp_path, yaml, "--only", "slow")
    slow = result.scenario()
    assert not slow["unexpected_answers"]
    assert slow["requests"]["latency_seconds"]["max"] > 0.15
