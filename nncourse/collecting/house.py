"""Where the judging processes come from: forks of a nursery, or programs of their own where there is no fork."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path

from nncourse.collecting import cage
from nncourse.collecting.channel import Channel, Closed
from nncourse.collecting.start import alive

SLOWEST = 5  # on a busy machine, the clock may show so many times the time that counts


class Nursery:
    """Starts judging processes by forking, so that each costs a few milliseconds.

    Parameters
    ----------
    environment : dict
        Of the processes.
    """

    fork = True

    def __init__(self, environment):
        self.environment = environment
        self._start()

    def _start(self):
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "nncourse.collecting.nursery", str(theirs.fileno())]
        self.process = subprocess.Popen(
            command, env=_importing(self.environment), pass_fds=[theirs.fileno()], start_new_session=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        theirs.close()
        self.channel = Channel(ours)
        self.channel.receive()

    def start(self, job):
        """Return (process id, socket) of a new judging process."""
        for _ in range(2):
            ours, theirs = socket.socketpair()
            try:
                self.channel.send(job, [theirs])
                pid = self.channel.receive()["pid"]
            except Closed:
                self.close()
                self._start()
                continue
            finally:
                theirs.close()
            return pid, ours
        raise RuntimeError("the process that starts the others ended twice")

    def close(self):
        """End it; it ends what it has started."""
        self.channel.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.process.wait()


class Programs:
    """Starts each judging process as a program of its own: slower, but everywhere.

    Parameters
    ----------
    environment : dict
        Of the processes.
    """

    fork = False
    module = "nncourse.collecting.judging"  # what is started

    def __init__(self, environment):
        self.environment, self.processes = environment, []

    def start(self, job):
        """Return (process id, socket) of a new judging process."""
        listener, word = socket.create_server(("127.0.0.1", 0)), secrets.token_hex(16)
        command = [sys.executable, "-m", self.module, str(listener.getsockname()[1]), word]
        process = subprocess.Popen(
            command,
            env=_importing(self.environment),
            stdin=subprocess.DEVNULL,
            start_new_session=os.name == "posix",
        )
        self.processes.append(process)
        listener.settimeout(60)
        line = listener.accept()[0]
        listener.close()
        if line.recv(len(word) + 1).decode().strip() != word:
            raise RuntimeError("another program answered")
        line.sendall(json.dumps(job).encode() + b"\n")
        return process.pid, line

    def close(self):
        """End what is left."""
        for process in self.processes:
            process.kill()
            process.wait()


def _importing(environment):
    return {**environment, "PYTHONPATH": os.pathsep.join(os.path.abspath(p or ".") for p in sys.path)}


class Tree:
    """A process with all that it has started.

    Parameters
    ----------
    pid : int
        The process.
    """

    def __init__(self, pid):
        import psutil

        self.psutil, self.root = psutil, None
        with contextlib.suppress(psutil.Error):
            self.root = psutil.Process(pid)

    def members(self):
        """Return the living processes below, the first one included."""
        found = []
        with contextlib.suppress(self.psutil.Error):
            if self.root is not None and self.root.is_running():
                found = [self.root, *self._below()]
        return found

    def _below(self):
        """Return the descendants; Linux lists them without a look at every process there is."""
        try:
            found, pids = [], _children(self.root.pid)
            while pids:
                pid = pids.pop()
                with contextlib.suppress(self.psutil.Error, OSError):
                    found.append(self.psutil.Process(pid))
                    pids += _children(pid)
            return found
        except OSError:
            return self.root.children(recursive=True)

    def each(self, action, rounds=3):
        """Do something to every process, again for those that came meanwhile."""
        done = set()
        for _ in range(rounds):
            fresh = [p for p in self.members() if p.pid not in done]
            for process in fresh:
                done.add(process.pid)
                with contextlib.suppress(self.psutil.Error):
                    action(process)
            if not fresh:
                return

    def pause(self):
        """Let nothing of it run."""
        self.each(lambda process: process.suspend())

    def go_on(self):
        """Let it run again."""
        self.each(lambda process: process.resume())

    def end(self):
        """End all of it, the first one last: it is the one that the others' children come to."""
        self.pause()
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            below = [p for p in self.members()[1:] if alive(p)]
            for process in below:
                with contextlib.suppress(self.psutil.Error):
                    process.kill()
            if not below:
                break
            time.sleep(0.01)
        with contextlib.suppress(self.psutil.Error, AttributeError):
            self.root.kill()

    def waited(self):
        """Return the seconds that one of its processes was ready and had no processor; 0 where nothing says so."""
        return max(self.waits().values(), default=0.0)

    def waits(self):
        """Return process id to the seconds that the process was ready and had no processor."""
        found = {}
        for process in self.members():
            with contextlib.suppress(OSError, ValueError, IndexError):
                text = Path(f"/proc/{process.pid}/schedstat").read_text(encoding="ascii")
                found[process.pid] = int(text.split()[1]) / 1e9
        return found

    def memory(self):
        """Return (megabytes that are its own, number of processes)."""
        total, members = 0, self.members()
        for process in members:
            with contextlib.suppress(self.psutil.Error):
                about = process.memory_info()
                total += about.rss - getattr(about, "shared", 0)
        return total / 2**20, len(members)


def _children(pid):
    """Return the ids of a process's children; OSError where the system keeps no such list."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
            found += [int(word) for word in file.read().split()]
    return found


def free_memory():
    """Return the megabytes that the system has left."""
    import psutil

    return psutil.virtual_memory().available / 2**20


def environment(work):
    """Return the environment of a notebook's process: nothing of the instructor's but where programs are.

    Parameters
    ----------
    work : str
        Its folder.
    """
    kept = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    own = dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR", "USERPROFILE"), work)
    more = {"MPLBACKEND": "Agg", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "2"}
    return {n: os.environ[n] for n in kept if n in os.environ} | own | more | dict.fromkeys(cage.THREADS, "1")
