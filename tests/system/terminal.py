# SPDX-License-Identifier: BSD-3-Clause
"""A real terminal for interactive programs: a tmux server of its own, keys in, the screen out."""
import os
import shlex
import subprocess

from harness import until


class Terminal:
    """A command on a terminal, in a shell that notes how it ended; a context manager."""

    number = 0

    def __init__(self, command, folder, columns=80, rows=24, environment=()):
        Terminal.number += 1
        self.socket = os.path.join(folder, f"tmux-{Terminal.number}")
        self.ended = os.path.join(folder, f"ended-{Terminal.number}")
        self.modes = os.path.join(folder, f"modes-{Terminal.number}")
        # the shell outlives the keys that the command gets
        shell = (f"trap : INT TSTP; {shlex.join(command)}; echo $? >{self.ended}.new; stty -a >{self.modes}; "
                 f"mv {self.ended}.new {self.ended}; read rest")
        variables = [word for name, value in environment for word in ("-e", f"{name}={value}")]
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                   *variables, shell)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True, check=False)

    def _tmux(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *words], capture_output=True, text=True,
                              check=True).stdout

    def keys(self, *names):
        """Presses keys by their names, such as Enter, Tab, Up, C-c."""
        self._tmux("send-keys", *names)

    def type(self, text):
        """Types text as it is."""
        self._tmux("send-keys", "-l", text)

    def screen(self):
        """What is on the screen: its lines, without blanks at their ends."""
        return [line.rstrip() for line in self._tmux("capture-pane", "-p").splitlines()]

    def last(self):
        """The line where the cursor is, up to the cursor."""
        row, column = map(int, self._tmux("display-message", "-p",
                                          "#{cursor_y} #{cursor_x}").split())
        lines = self._tmux("capture-pane", "-p").splitlines()
        return lines[row][:column].ljust(column) if row < len(lines) else ""

    def shows(self, text):
        """Waits until a line of the screen is this text."""
        return until(lambda: text in self.screen())

    def at(self, text):
        """Waits until the cursor stands behind this text, which begins its line."""
        return until(lambda: self.last() == text)

    def resize(self, columns, rows=24):
        """Another size of the window."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def child(self):
        """The process id of the command."""
        shell = self._tmux("display-message", "-p", "#{pane_pid}").strip()
        with open(f"/proc/{shell}/task/{shell}/children", encoding="ascii") as handle:
            return int(handle.read().split()[0])

    def end(self):
        """Waits for the command's end; its exit status as a shell tells it, None when it does not end."""
        if not until(lambda: os.path.exists(self.ended)):
            return None
        with open(self.ended, encoding="ascii") as handle:
            return int(handle.read())

    def cooked(self):
        """After the end: does the terminal edit lines and echo, as it did before?"""
        if not os.path.exists(self.modes):
            return False
        with open(self.modes, encoding="ascii") as handle:
            return {"icanon", "echo", "isig"} <= set(handle.read().replace(";", " ").split())
