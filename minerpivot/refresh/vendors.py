"""Distrust of vendors: every answer that is not plainly right becomes an error that names source, subject and mend.

An answer is bounded in bytes, in total time, in redirects (never to another host) and in depth. For a rehearsal
without a network, `MINERPIVOT_VENDORS=http://127.0.0.1:8000` puts a local server in every vendor's place: the request
for https://data.sec.gov/a goes to http://127.0.0.1:8000/data.sec.gov/a.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_exponential_jitter

ATTEMPTS = 4
SECONDS = 60
TIMEOUT = 20  # seconds of silence
LONGEST = 120  # seconds for the whole of an answer
LARGEST = 48_000_000  # bytes of an answer, unpacked: a company's facts are 4 to 12 million
HOPS = 3
REHEARSAL = "MINERPIVOT_VENDORS"


class VendorError(RuntimeError):
    """A vendor's answer that cannot be used: `source: subject: problem; mend`."""

    def __init__(self, source: str, subject: str, problem: str, mend: str) -> None:
        super().__init__(f"{source}: {subject}: {problem}; {mend}. data/ is unchanged")


class SettingError(VendorError):
    """A source that cannot be asked before its user has set something."""


class BusyError(RuntimeError):
    """A vendor that asks for patience (429) or fails for now (5xx, no answer): worth another try."""


class UnboundedError(RuntimeError):
    """An answer that is too long, too slow or elsewhere; the message says which."""


def retrying(*, wait_seconds: float = 1.0) -> Retrying:
    """Tries again after a `BusyError`, with exponential back-off and jitter, bounded in count and time."""
    return Retrying(
        retry=retry_if_exception_type(BusyError),
        stop=stop_after_attempt(ATTEMPTS) | stop_after_delay(SECONDS),
        wait=wait_exponential_jitter(initial=wait_seconds, max=15, jitter=wait_seconds),
        reraise=True,
    )


def rehearsed(url: str) -> str:
    """The address to ask: the vendor's own, or in a rehearsal the local server's; no other host may play a vendor."""
    server = os.environ.get(REHEARSAL, "").rstrip("/")
    if not server:
        return url
    if urlsplit(server).hostname not in ("127.0.0.1", "localhost"):
        raise SettingError(REHEARSAL, server, "not a server on this machine", f"unset {REHEARSAL} to ask the vendors")
    return f"{server}/{url.removeprefix('https://')}"


def get(
    url: str,
    *,
    source: str,
    subject: str,
    query: dict[str, Any] | None = None,
    agent: str = "minerpivot refresh",
    busy: str = "try again later",
    refused: str = "check the name and the address",
) -> tuple[bytes, str]:
    """Body and content type of a public address; `busy` and `refused` are the mends of an answer that is none.

    Raises `VendorError` if the vendor stays busy, refuses, sends elsewhere, or does not end.
    """
    tries = retrying()
    try:
        status, body, kind = tries(_get, rehearsed(url), query or {}, agent)
    except BusyError as error:
        raise VendorError(source, subject, f"{error} after {tries.statistics['attempt_number']} tries", busy) from None
    except UnboundedError as error:
        raise VendorError(source, subject, str(error), "open the address by hand before you try again") from None
    if status != 200:
        raise VendorError(source, subject, f"answered {status}", refused)
    return body, kind


def get_json(url: str, *, source: str, subject: str, **how: Any) -> Any:
    """The JSON answer of a public address; raises `VendorError` as `get` does, and for anything but whole JSON."""
    body, kind = get(url, source=source, subject=subject, **how)
    return parsed(body, kind, source=source, subject=subject)


def parsed(body: bytes, kind: str, *, source: str, subject: str) -> Any:
    """Whole JSON of no great depth, or a `VendorError`."""
    mend = "the vendor may block or have moved; open the address by hand"
    try:
        return json.loads(body)
    except RecursionError:
        raise VendorError(source, subject, "answered JSON that is nested without end", mend) from None
    except ValueError:
        problem = f"answered {kind} that is not whole JSON ({len(body)} bytes)"
        raise VendorError(source, subject, problem, mend) from None


def strict(body: bytes) -> Any:
    """What JSON says; `ValueError` for what is none, the NaN and Infinity that Python would take included."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    return json.loads(body, parse_constant=refuse)


def is_number(cell: object) -> bool:
    """Whether a JSON value is a number; true is none."""
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)


def _get(url: str, query: dict[str, Any], agent: str) -> tuple[int, bytes, str]:
    """Status, body and content type."""
    deadline = time.monotonic() + LONGEST
    headers, host = {"User-Agent": agent}, urlsplit(url).netloc
    try:
        for _ in range(HOPS):
            answer = requests.get(
                url, params=query, timeout=TIMEOUT, headers=headers, stream=True, allow_redirects=False
            )
            with answer:
                if not answer.is_redirect:
                    status = answer.status_code
                    if status == 429 or status >= 500:
                        raise BusyError(f"answered {status}")
                    return status, _body(answer, deadline), answer.headers.get("content-type", "no type")
            url, query = urljoin(answer.url, answer.headers["location"]), {}
            if urlsplit(url).netloc != host:
                raise UnboundedError(f"sends to another host, {urlsplit(url).netloc[:60]}")
        raise UnboundedError(f"sends in circles, {HOPS} times")
    except (requests.RequestException, OSError) as error:  # refused, timed out, cut off in the middle
        raise BusyError(f"no whole answer ({type(error).__name__})") from None


def _body(answer: requests.Response, deadline: float) -> bytes:
    """The unpacked bytes as they arrive, so that neither a flood nor a drip goes on for ever."""
    from urllib3.exceptions import HTTPError

    parts, size, told = [], 0, answer.headers.get("content-length", "")
    try:
        while part := answer.raw.read1(1 << 16, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > LARGEST:
                raise UnboundedError(f"answers more than {LARGEST / 1e6:.0f} MB")
            if time.monotonic() > deadline:
                raise UnboundedError(f"still answers after {LONGEST} seconds ({size} bytes)")
    except HTTPError as error:
        raise requests.ConnectionError(str(error)) from None
    if told.isdigit() and "content-encoding" not in answer.headers and size < int(told):
        raise BusyError("no whole answer (cut off)")
    return b"".join(parts)
