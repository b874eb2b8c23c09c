"""An OpenAI-compatible service that behaves, or misbehaves, as the model's name says; run as a program.

It prints its port. ``GET /seen`` tells what it was asked and how many answers were broken off by the caller.
A model's name up to the first ``.`` is the behaviour; what follows lets tests count their own calls.
"""

import json
import select
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GOOD = {"status": "answered", "opening": "Here it is:", "evidence": ["E1"], "closing": "Have a good day."}
INVENTED = "Refunds of 9,999 euros are paid at once, see http://evil.example"


class Seen:
    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.requests: list[dict] = []
        self.calls: Counter[str] = Counter()
        self.broken_off = 0


SEEN = Seen()


class Gone(Exception):
    """The caller closed the connection."""


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        with SEEN.guard:
            self._whole(200, {"requests": SEEN.requests, "broken_off": SEEN.broken_off})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with SEEN.guard:
            SEEN.requests.append(asked)
            SEEN.calls[asked["model"]] += 1
            turn = SEEN.calls[asked["model"]]
        behaviour = asked["model"].split(".")[0].replace("-", "_")
        try:
            getattr(self, f"be_{behaviour}")(asked, turn)
        except (Gone, BrokenPipeError, ConnectionResetError):
            with SEEN.guard:
                SEEN.broken_off += 1
            self.close_connection = True

    def be_good(self, asked: dict, turn: int) -> None:
        self._begin()
        self._say(json.dumps(GOOD))
        self._end("stop", asked)

    def be_gpt_4o_mini(self, asked: dict, turn: int) -> None:
        self.be_good(asked, turn)

    def be_fenced(self, asked: dict, turn: int) -> None:
        self._begin()
        self._say(f"```json\n{json.dumps(GOOD)}\n```")
        self._end("stop", asked)

    def be_silent(self, asked: dict, turn: int) -> None:
        self._begin()
        self._wait(60)

    def be_mute(self, asked: dict, turn: int) -> None:
        self._wait(60)

    def be_stalls(self, asked: dict, turn: int) -> None:
        self._begin()
        self._say(json.dumps(GOOD)[:60])
        self._wait(60)

    def be_drips(self, asked: dict, turn: int) -> None:
        self._begin()
        for _ in range(2000):
            self._say(" ")
            self._wait(0.03)

    def be_giant(self, asked: dict, turn: int) -> None:
        self._begin()
        self._say('{"status": "answered", "opening": "')
        for _ in range(100_000):
            self._say("word " * 200, size=1000)

    def be_truncates(self, asked: dict, turn: int) -> None:
        self._begin()
        self._say(json.dumps(GOOD)[:60])
        self._end("length", asked)

    def be_dies_quietly(self, asked: dict, turn: int) -> None:
        self._begin()
        self._say(json.dumps(GOOD)[:60])
        self.wfile.write(b"0\r\n\r\n")

    def be_dies_quietly_once(self, asked: dict, turn: int) -> None:
        self.be_dies_quietly(asked, turn) if turn == 1 else self.be_good(asked, turn)

    def be_dies(self, asked: dict, turn: int) -> None:
        self._begin()
        self._say(json.dumps(GOOD)[:60])
        self.close_connection = True

    def be_dies_once(self, asked: dict, turn: int) -> None:
        self.be_dies(asked, turn) if turn == 1 else self.be_good(asked, turn)

    def be_garbage(self, asked: dict, turn: int) -> None:
        self._begin()
        self._say(f"Sure! {INVENTED} }}{{")
        self._end("stop", asked)

    def be_garbage_once(self, asked: dict, turn: int) -> None:
        self.be_garbage(asked, turn) if turn == 1 else self.be_good(asked, turn)

    def be_empty(self, asked: dict, turn: int) -> None:
        self._begin()
        self._end("stop", asked)

    def be_unknown_ids(self, asked: dict, turn: int) -> None:
        self._begin()
        self._say(json.dumps(GOOD | {"evidence": ["E99"]}))
        self._end("stop", asked)

    def be_unknown_ids_once(self, asked: dict, turn: int) -> None:
        self.be_unknown_ids(asked, turn) if turn == 1 else self.be_good(asked, turn)

    def be_invents(self, asked: dict, turn: int) -> None:
        self._begin()
        claim = {"text": INVENTED, "evidence": ["E1"]}
        self._say(json.dumps(GOOD | {"opening": INVENTED, "evidence": [claim], "closing": INVENTED}))
        self._end("stop", asked)

    def be_invents_quotes(self, asked: dict, turn: int) -> None:
        self._begin()
        self._say(json.dumps(GOOD | {"evidence": [{"id": "E1", "text": INVENTED, "marker": 1}]}))
        self._end("stop", asked)

    def be_busy_once(self, asked: dict, turn: int) -> None:
        self._fail(429, asked, after="0.01") if turn == 1 else self.be_good(asked, turn)

    def be_busy(self, asked: dict, turn: int) -> None:
        self._fail(429, asked, after="3600")

    def be_fails(self, asked: dict, turn: int) -> None:
        self._fail(500, asked)

    def be_fails_once(self, asked: dict, turn: int) -> None:
        self._fail(503, asked) if turn == 1 else self.be_good(asked, turn)

    def be_forbids(self, asked: dict, turn: int) -> None:
        self._fail(401, asked)

    def _fail(self, status: int, asked: dict, after: str | None = None) -> None:
        # The worst that a service can do: it sends key and prompt back.
        echo = f"{INVENTED} {self.headers['Authorization']} {asked['messages']}"
        self._whole(
            status, {"error": {"message": echo, "type": "x", "code": "x"}}, {"Retry-After": after} if after else {}
        )

    def _whole(self, status: int, body: dict, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _begin(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _say(self, text: str, size: int = 7) -> None:
        for start in range(0, len(text), size):
            self._event(
                {"choices": [{"index": 0, "delta": {"role": "assistant", "content": text[start : start + size]}}]}
            )

    def _end(self, reason: str, asked: dict) -> None:
        self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        if asked.get("stream_options", {}).get("include_usage"):
            usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
            self._event({"choices": [], "usage": usage})
        self._write(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, part: dict) -> None:
        whole = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "as-asked", **part}
        self._write(f"data: {json.dumps(whole)}\n\n".encode())

    def _write(self, content: bytes) -> None:
        self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
        self.wfile.flush()

    def _wait(self, seconds: float) -> None:
        """Wait, but no longer than the caller does."""
        readable, _, _ = select.select([self.connection], [], [], seconds)
        if readable:
            raise Gone


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Callers that break off are what this service is for."""


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Service)
    # It ends with the test run that started it, whatever becomes of that.
    threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
    print(server.server_port, flush=True)
    server.serve_forever(poll_interval=0.05)
