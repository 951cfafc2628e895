"""Every answer is bounded: in bytes, in time, in hosts, in depth; what cannot be used is one line with a mend."""

import gzip
import time

import pytest

from minerpivot.refresh import vendors
from minerpivot.refresh.vendors import SettingError, VendorError, get_json
from tests.refresh.local import Answer, played

URL, WHERE = "https://example.org/a", "example.org/a"


@pytest.fixture
def vendor(monkeypatch):
    """A local server in the vendor's place."""
    with played(monkeypatch) as local:
        yield local


def refused(*words):
    """Asking raises a `VendorError` with these words, in one line."""
    with pytest.raises(VendorError) as caught:
        get_json(URL, source="A vendor", subject="a list")
    message = str(caught.value)
    assert message.startswith("A vendor: a list: ")
    assert message.endswith(". data/ is unchanged")
    assert "\n" not in message
    assert all(word in message for word in words), message


def test_a_whole_answer_comes_through(vendor):
    """Packed or not."""
    vendor[WHERE] = {"a": [1, 2]}
    assert get_json(URL, source="", subject="") == {"a": [1, 2]}
    vendor[WHERE] = Answer(gzip.compress(b'{"b": 3}'), **{"Content-Encoding": "gzip"})
    assert get_json(URL, source="", subject="") == {"b": 3}


def test_a_flood_is_cut_off(vendor, monkeypatch):
    """Four hundred megabytes, here four: no more than the limit is held, packed or not."""
    monkeypatch.setattr(vendors, "LARGEST", 1_000_000)
    vendor[WHERE] = Answer(b" " * 4_000_000)
    refused("answers more than 1 MB", "open the address by hand")
    vendor[WHERE] = Answer(gzip.compress(b" " * 400_000_000, 1), **{"Content-Encoding": "gzip"})
    refused("answers more than 1 MB")


def test_a_drip_ends(vendor, monkeypatch):
    """A byte now and then keeps no connection open for ever."""
    monkeypatch.setattr(vendors, "LONGEST", 0.5)
    vendor[WHERE] = Answer(b" " * 1000, drip=0.05)
    started = time.monotonic()
    refused("still answers after 0.5 seconds")
    assert time.monotonic() - started < 3


def test_silence_ends(vendor, monkeypatch):
    """After a few time-outs."""
    monkeypatch.setattr(vendors, "TIMEOUT", 0.05)
    vendor[WHERE] = Answer({}, silent=0.3)
    refused("no whole answer (ReadTimeout) after 4 tries", "try again later")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_another_host_is_not_followed(vendor, status):
    """What it would say is not the vendor's word."""
    vendor[WHERE] = Answer(b"", status, Location="https://elsewhere.example/a")
    refused("sends to another host, elsewhere.example")


def test_the_same_host_is_followed_a_few_times(vendor):
    """To another path, not in circles."""
    vendor[WHERE] = Answer(b"", 302, Location="/example.org/b")
    vendor["example.org/b"] = {"a": 1}
    assert get_json(URL, source="", subject="") == {"a": 1}
    vendor["example.org/b"] = Answer(b"", 302, Location="/example.org/a")
    refused("sends in circles")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(b"[" * 100_000), "nested without end"),
        (Answer(b'{"a": ' * 100_000), "nested without end"),
        (Answer(b'{"a": 1'), "not whole JSON (7 bytes)"),
        (Answer(b"<html>", kind="text/html"), "answered text/html that is not whole JSON"),
        (Answer(b""), "not whole JSON (0 bytes)"),
        (Answer(b"\xff\xfe"), "not whole JSON"),
        (Answer({}, 404), "answered 404"),
        (Answer({}, 403), "answered 403"),
        (Answer({}, 429), "answered 429 after 4 tries"),
        (Answer({}, 503), "answered 503 after 4 tries"),
        (Answer({"a": 1}, missing=9), "no whole answer"),
    ],
)
def test_what_cannot_be_used_is_refused(vendor, answer, words):
    """Deep, cut, another type, empty, no text, refused, busy, cut off."""
    vendor[WHERE] = answer
    refused(words)


def test_only_this_machine_may_play_a_vendor(monkeypatch):
    """A variable left over must not bring figures from another place."""
    monkeypatch.setenv(vendors.REHEARSAL, "https://elsewhere.example")
    with pytest.raises(SettingError, match="not a server on this machine"):
        get_json(URL, source="", subject="")
