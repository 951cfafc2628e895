"""A server on this machine that plays the vendors: `MINERPIVOT_VENDORS` leads every request to it."""

import json
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from minerpivot.refresh import vendors


class Answer:
    """What a vendor sends: a status, a body (bytes, text, or what becomes JSON), headers, and how badly."""

    def __init__(self, body=b"", status=200, kind="application/json", *, drip=0.0, silent=0.0, missing=0, **headers):
        body = body if isinstance(body, (bytes, str)) else json.dumps(body)
        self.body = body.encode() if isinstance(body, str) else body
        self.status, self.kind, self.headers = status, kind, headers
        self.drip, self.silent, self.missing = drip, silent, missing


class Local:
    """Answers by address (host and path); a list is given one by one, the last for ever. `asked` holds requests."""

    def __init__(self):
        self.answers, self.asked, self.address = {}, [], ""

    def __setitem__(self, where, answer):
        listed = answer if isinstance(answer, list) and answer and isinstance(answer[0], Answer) else [answer]
        self.answers[where] = [one if isinstance(one, Answer) else Answer(one) for one in listed]

    def __getitem__(self, where):
        return self.answers[where][0]

    def answer(self, where):
        """The next answer of an address; a 404 where there is none."""
        queue = self.answers.get(where, [Answer("<Error><Code>NoSuchKey</Code></Error>", 404, "application/xml")])
        return queue.pop(0) if len(queue) > 1 else queue[0]


@contextmanager
def running():
    """A `Local` that listens."""
    vendor = Local()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            parts = urlsplit(self.path)
            vendor.asked.append((parts.path.strip("/"), parse_qs(parts.query), self.headers["User-Agent"]))
            answer = vendor.answer(parts.path.strip("/"))
            time.sleep(answer.silent)
            with suppress(OSError):  # the client may have given up
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.kind)
                self.send_header("Content-Length", str(len(answer.body) + answer.missing))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                step = 1 if answer.drip else max(1, len(answer.body))
                for at in range(0, len(answer.body), step):
                    self.wfile.write(answer.body[at : at + step])
                    time.sleep(answer.drip)

        def log_message(self, *arguments):
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *arguments: None
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    vendor.address = f"http://127.0.0.1:{server.server_port}"
    yield vendor
    server.shutdown()
    server.server_close()


@contextmanager
def played(monkeypatch):
    """A `Local` in every vendor's place, without waiting between tries."""
    from tenacity import wait_none

    with running() as vendor:
        monkeypatch.setenv(vendors.REHEARSAL, vendor.address)
        monkeypatch.setattr(vendors, "wait_exponential_jitter", lambda **_: wait_none())
        yield vendor
