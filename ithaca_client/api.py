"""Speaks to the API: one connection, bounded waiting, and errors as sentences with an exit status."""

import time
from collections.abc import Iterator
from typing import Any

import requests

from ithaca_client.errors import ClientError, NotFoundError, RefusedError, UnreachableError
from ithaca_client.session import Session

_CONNECT, _READ = 10, 120
_TRIES = 5
_BUSY = {423, 429, 502, 503, 504}
_DENIED = {401, 403}
_NOT_THERE = 404


class Api:
    """The installation, as the owner of the token sees it."""

    def __init__(self, session: Session) -> None:
        self.url = session.url
        self._http = requests.Session()
        # No credentials of another place may slip in from a .netrc.
        self._http.trust_env = False
        self._http.headers.update({"Authorization": f"Bearer {session.token}", "Accept": "application/json"})

    def get(self, path: str, **parameters: Any) -> Any:
        """Return what a resource says; asked again for a while where the installation is busy."""
        return self.ask("GET", path, params=parameters).json()

    def all(self, path: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Yield every row of a list, page by page."""
        while True:
            page = self.get(path, limit=200, **parameters)
            yield from page["results"]
            if not page["next"]:
                return
            parameters["offset"] = parameters.get("offset", 0) + len(page["results"])

    def post(self, path: str, content: dict[str, Any]) -> Any:
        return self.ask("POST", path, json=content, tries=1).json()

    def ask(self, method: str, path: str, *, tries: int = _TRIES, **more: Any) -> requests.Response:
        """Send one request.

        Raises:
            UnreachableError: no answer, or still busy after a while.
            NotFoundError, RefusedError, ClientError: what the installation says.

        """
        for attempt in range(tries):
            response = self._send(method, path, **more)
            if response.status_code not in _BUSY or attempt == tries - 1:
                return _sound(response)
            response.close()
            time.sleep(min(float(response.headers.get("Retry-After") or 2**attempt), 30))
        raise AssertionError("the last try returns or raises")

    def _send(self, method: str, path: str, **more: Any) -> requests.Response:
        url = path if path.startswith(("https://", "http://")) else f"{self.url}{path}"
        if not url.startswith(f"{self.url}/"):
            raise ClientError("The installation sent us to another place; the token stays here.")
        try:
            return self._http.request(method, url, timeout=(_CONNECT, _READ), allow_redirects=False, **more)
        except requests.RequestException as error:
            raise UnreachableError(f"{self.url} does not answer ({type(error).__name__}).") from error


def _sound(response: requests.Response) -> requests.Response:
    if response.ok and not response.is_redirect:
        return response
    sentence = _sentence(response)
    if response.status_code in _DENIED or response.is_redirect:
        raise RefusedError(sentence)
    if response.status_code == _NOT_THERE:
        raise NotFoundError("There is nothing by that name for you.")
    if response.status_code in _BUSY:
        raise UnreachableError(sentence)
    raise ClientError(sentence)


def _sentence(response: requests.Response) -> str:
    try:
        said = response.json()
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    sentence = (
        said.get("error") or said.get("detail") or f"The installation answered with status {response.status_code}."
    )
    return str(sentence) + in_options(said.get("choices"))


def in_options(choices: Any) -> str:
    """Return what may be done about a name that is taken, as options of the command."""
    if not choices:
        return ""
    return f" Say what to do: {' or '.join('--' + str(choice).replace('_', '-') for choice in choices)}."
