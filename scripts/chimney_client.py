# SPDX-License-Identifier: BSD-3-Clause
"""A client of dpdk-chimney's CLI socket for programs: a command in, its reply as a dict out."""
import json
import socket
import time


class CommandError(Exception):
    """The program refused a command, or could not do it. reply is the whole answer."""

    def __init__(self, command, reply):
        super().__init__(f"'{shorten(command)}': {reply.get('error', 'no reason given')}")
        self.reply = reply


def shorten(text, most=70):
    """A command for a message."""
    return text if len(text) <= most else text[:most - 3] + "..."


class Client:
    """A conversation over the unix socket. Replies are JSON objects, one a line (docs/cli.md)."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        self.buffer = bytearray()
        self.command("json on")

    def close(self):
        """Ends the conversation; the program goes on."""
        self.socket.close()

    def command(self, line, timeout=30):
        """Runs one command and returns its reply; CommandError when it was not ok.

        OSError when the program is gone or does not answer in `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        self.socket.sendall(line.encode("ascii") + b"\n")
        while True:
            reply = self._read_object(deadline, line)
            if reply.get("type") == "reply":
                break
        if not reply["ok"]:
            raise CommandError(line, reply)
        return reply

    def _read_object(self, deadline, line):
        """The next JSON object, the text form of 'json on's own reply included."""
        start = 0
        while (end := self.buffer.find(b"\n", start)) < 0:
            start = len(self.buffer)
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                part = self.socket.recv(1 << 20)
            except TimeoutError:
                raise TimeoutError(f"no answer to '{shorten(line)}' in time") from None
            if not part:
                raise ConnectionError(f"the program ended during '{shorten(line)}'")
            self.buffer += part
        text = bytes(self.buffer[:end])
        del self.buffer[:end + 1]
        if text == b"ok":
            return {"type": "reply", "ok": True}
        return json.loads(text) if text.startswith(b"{") else {"type": "text"}
