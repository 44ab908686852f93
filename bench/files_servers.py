"""The servers that are compared: Ithaca and a plain Django under the same gunicorn, and nginx."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.http_client import Client
from bench.report import ROOT

_TOKEN = "b" * 32
_NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 2;
events {{ worker_connections 64; }}
http {{
  access_log off; client_max_body_size 0; client_body_buffer_size 1m; client_body_temp_path {folder}/incoming;
  proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi; sendfile on; sendfile_max_chunk 2m; tcp_nopush on;
  server {{ listen 127.0.0.1:{port}; root {folder}/files; location / {{ dav_methods PUT; create_full_put_path on; }} }}
}}
"""


@dataclass(frozen=True)
class Server:
    """A running server, with the headers of somebody who is signed in to it."""

    port: int
    process: subprocess.Popen[bytes]
    folder: Path
    headers: dict[str, str]
    workspace: str = ""

    def client(self) -> Client:
        return Client(self.port, self.headers)

    @property
    def upload_path(self) -> str:
        return f"/workspaces/{self.workspace}/upload/"

    def resident_kib(self) -> int:
        """Return the largest resident size of any worker so far."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return max(_resident(int(child)) for child in children)

    def processor_seconds(self) -> float:
        """Return the processor time of server and workers so far: it tells more than a clock on a busy machine."""
        parent = self.process.pid
        workers = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return sum(_ticks(pid) for pid in [str(parent), *workers]) / os.sysconf("SC_CLK_TCK")


@contextmanager
def ithaca(folder: Path) -> Iterator[Server]:
    from config.database import start_embedded_database

    os.environ["ITHACA_HOME"] = str(folder)
    environment = {
        **os.environ,
        "DATABASE_URL": start_embedded_database(),
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
    }
    person = _prepare("ithaca", environment)
    with _gunicorn("config.wsgi", folder, environment, person) as server:
        yield server


@contextmanager
def plain_django(folder: Path) -> Iterator[Server]:
    """Run after `ithaca`, whose database server it shares."""
    import psycopg2

    folder.mkdir()
    url = os.environ["DATABASE_URL"]
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        connection.cursor().execute("CREATE DATABASE plain")
    environment = {
        **os.environ,
        "DATABASE_URL": url.replace("@/postgres?", "@/plain?"),
        "BENCH_MEDIA": str(folder),
        "BENCH_SECRET": secrets.token_hex(),
    }
    person = _prepare("plain", environment)
    with _gunicorn("bench.plain_django", folder, environment, person) as server:
        yield server


@contextmanager
def nginx(folder: Path) -> Iterator[Server]:
    for name in ("files", "incoming"):
        (folder / name).mkdir(parents=True)
    port = _free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(_NGINX.format(folder=folder, port=port))
    if os.getuid() == 0:
        configuration.write_text("user root;" + configuration.read_text())
    with _running(["nginx", "-p", str(folder), "-c", str(configuration)], port, dict(os.environ)) as process:
        yield Server(port, process, folder, {})


@contextmanager
def _gunicorn(application: str, folder: Path, environment: dict[str, str], person: dict[str, str]) -> Iterator[Server]:
    port = _free_port()
    environment = {**environment, "PORT": str(port)}
    headers = {
        "Cookie": f"sessionid={person['session']}; csrftoken={_TOKEN}",
        "X-CSRFToken": _TOKEN,
        "Accept": "application/json",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", f"{application}:application"]
    with _running(command, port, environment) as process:
        yield Server(port, process, folder, headers, person.get("workspace", ""))


@contextmanager
def _running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=ROOT.parent, env=environment)
    try:
        _wait(port, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _prepare(which: str, environment: dict[str, str]) -> dict[str, str]:
    command = [sys.executable, "-m", "bench.files_people", which]
    answer = subprocess.run(command, cwd=ROOT.parent, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, str] = json.loads(answer.stdout.splitlines()[-1])
    return found


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    message = f"The server on port {port} does not answer."
    raise RuntimeError(message)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _ticks(pid: str) -> int:
    # The name of the process, in brackets, may hold anything; user and system time are the 14th and 15th field.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _resident(process: int) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0
