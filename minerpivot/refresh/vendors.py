"""Distrust of vendors: every answer that is not plainly right becomes an error that names source, subject and mend."""

from __future__ import annotations

from typing import Any

import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_exponential_jitter

ATTEMPTS = 4
SECONDS = 60
TIMEOUT = 20


class VendorError(RuntimeError):
    """A vendor's answer that cannot be used: `source: subject: problem; mend`."""

    def __init__(self, source: str, subject: str, problem: str, mend: str) -> None:
        super().__init__(f"{source}: {subject}: {problem}; {mend}. data/ is unchanged")


class BusyError(RuntimeError):
    """A vendor that asks for patience (429) or fails for now (5xx, no answer): worth another try."""


def retrying(*, wait_seconds: float = 1.0) -> Retrying:
    """Tries again after a `BusyError`, with exponential back-off and jitter, bounded in count and time."""
    return Retrying(
        retry=retry_if_exception_type(BusyError),
        stop=stop_after_attempt(ATTEMPTS) | stop_after_delay(SECONDS),
        wait=wait_exponential_jitter(initial=wait_seconds, max=15, jitter=wait_seconds),
        reraise=True,
    )


def get_json(url: str, *, source: str, subject: str, wait_seconds: float = 1.0) -> Any:
    """The JSON answer of a public address.

    Raises `VendorError` if the vendor stays busy, refuses, or answers with anything but whole JSON.
    """
    try:
        for attempt in retrying(wait_seconds=wait_seconds):
            with attempt:
                response = _get(url)
    except BusyError as error:
        raise VendorError(source, subject, f"{error} after {ATTEMPTS} tries", "try again later") from None
    if response.status_code != 200:
        raise VendorError(source, subject, f"answered {response.status_code}", "check the name and the address")
    try:
        return response.json()
    except ValueError:
        kind = response.headers.get("content-type", "no type")
        problem = f"answered {kind} that is not whole JSON ({len(response.content)} bytes)"
        raise VendorError(
            source, subject, problem, "the vendor may block or have moved; open the address by hand"
        ) from None


def _get(url: str) -> requests.Response:
    try:
        response = requests.get(url, timeout=TIMEOUT, headers={"User-Agent": "minerpivot refresh"})
    except requests.RequestException as error:  # refused, timed out, cut off in the middle
        raise BusyError(f"no whole answer ({type(error).__name__})") from None
    if response.status_code == 429 or response.status_code >= 500:
        raise BusyError(f"answered {response.status_code}")
    return response
