# SPDX-License-Identifier: BSD-3-Clause
"""What `meson install` installs, in a folder of its own that goes away, and programs that are built on nothing else."""
import glob
import os
import re
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.append(os.path.join(ROOT, "tests", "system"))

STRICT = ("-Wall", "-Wextra", "-Werror")


def run(*words, **options):
    """A finished process, with what it said as one text."""
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          stdin=subprocess.DEVNULL, **options)


def functions_of(path):
    """The names that a header declares as functions, inline ones apart."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"/\*.*?\*/|^[ \t]*#.*?(?<!\\)$", " ", text, flags=re.S | re.M)
    text = re.sub(r"static inline.*?\n}", " ", text, flags=re.S)
    return set(re.findall(r"^[\w \t*]*?\b(\w+)\((?:[^();]|\([^()]*\))*\);", text, flags=re.M)) - {"static_assert"}


class Installed:
    """The files of a build, installed below a temporary folder, and a second folder for programs."""

    def __init__(self, build):
        self.build = build
        self.folder = tempfile.TemporaryDirectory(prefix="chimney-installed-")
        self.root = os.path.join(self.folder.name, "root")
        self.work = os.path.join(self.folder.name, "work")
        os.mkdir(self.work)

    def __enter__(self):
        self.said = run("meson", "install", "-C", self.build, "--no-rebuild", "--destdir", self.root)
        found = self.find("chimney-target.pc")
        if self.said.returncode != 0 or len(found) != 1:
            raise RuntimeError(f"meson install: {self.said.stdout}, {found}")
        self.pc = os.path.dirname(found[0])
        self.libdir = os.path.dirname(self.pc)
        self.include = os.path.dirname(os.path.dirname(self.find("chimney.h")[0]))
        return self

    def __exit__(self, *exception):
        self.folder.cleanup()

    def uninstall(self):
        """What is still there afterwards."""
        said = run("ninja", "-C", self.build, "uninstall", env={**os.environ, "DESTDIR": self.root})
        return [said.stdout] if said.returncode != 0 else self.find("*")

    def find(self, pattern):
        """Files of this name, anywhere below."""
        return sorted(path for path in glob.glob(os.path.join(self.root, "**", pattern), recursive=True)
                      if not os.path.isdir(path) or os.path.islink(path))

    def headers(self):
        """All public headers."""
        return sorted(glob.glob(os.path.join(self.include, "chimney-target", "*.h")))

    def environment(self):
        """Where a program and pkg-config find the library: here, DPDK where it is."""
        return {**os.environ, "PKG_CONFIG_PATH": self.pc, "LD_LIBRARY_PATH": self.libdir}

    def flags(self, *words):
        """What pkg-config says."""
        said = run("pkg-config", *words, "chimney-target", env=self.environment())
        if said.returncode != 0:
            raise RuntimeError(said.stdout)
        return shlex.split(said.stdout)

    def compile(self, source, output, *flags, compiler="cc"):
        """A program, or an object, outside of the tree."""
        return run(compiler, *STRICT, source, "-o", output, *flags, cwd=self.work, env=self.environment())

    def program(self, source, output, static):
        """A program of the installed files, by pkg-config alone; what was said."""
        said = self.compile(source, output, "-std=gnu11", "-O2", *self.flags("--cflags"),
                            *self.flags("--libs", *(["--static"] if static else [])))
        return said.returncode, said.stdout

    def run(self, *words, **options):
        """Runs it there."""
        return run(*words, cwd=self.work, env=self.environment(), **options)
