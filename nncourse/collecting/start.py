"""Starting the process that runs a notebook's cells, and ending it with all that it has started."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time

from nncourse.collecting import cage
from nncourse.collecting.channel import Channel, Closed


def start_worker(job):
    """Return (channel, output, gone, end): how to talk to it, what it writes, whether it is gone, how to end it.

    Parameters
    ----------
    job : dict
        What to do; see `lanes.Lanes.begin`.
    """
    return _forked(job) if job["fork"] else _spawned(job)


def _forked(job):
    ours, theirs = socket.socketpair()
    read, write = os.pipe()
    parent, pid = os.getpid(), os.fork()
    if pid == 0:
        code = 1
        with contextlib.suppress(BaseException):
            os.setsid()
            cage.die_with_parent(parent)
            _clear(theirs.fileno(), write)
            code = _outer(job)
        os._exit(code)
    theirs.close()
    os.close(write)
    os.set_blocking(read, False)

    def gone():
        return os.waitpid(pid, os.WNOHANG)[0] != 0

    def end():
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
        end_children()

    return Channel(ours), read, gone, end


def _clear(control, output):
    """Keep the control socket as 3 and the output as 1 and 2; close everything else."""
    import fcntl  # not on Windows

    null = os.open(os.devnull, os.O_RDWR)
    high = [fcntl.fcntl(n, fcntl.F_DUPFD, 4) for n in (control, output, null)]
    for target, source in ((0, high[2]), (1, high[1]), (2, high[1]), (3, high[0])):
        os.dup2(source, target, inheritable=target < 3)
    os.closerange(4, 4096)


def _outer(job):
    """Enter the namespaces, where there are any, and wait for what runs inside."""
    if not job["caged"]:
        return _inner(job)
    cage.enter()
    pid = os.fork()
    if pid == 0:
        cage.die_with_parent(0)  # as the first process inside it sees no parent
        cage.furnish(job["work"], job["files"], job["hidden"])
        child = os.fork()
        if child == 0:
            os._exit(_inner(job))
        os.closerange(0, 4)
        while os.wait()[0] != child:
            pass
        os._exit(0)  # and the system ends everything else inside
    os.closerange(0, 4)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _inner(job):
    """Run the notebook's cells."""
    from nncourse.collecting.worker import serve

    os.chdir(job["work"])
    os.environ.clear()
    os.environ.update(job["environment"])
    import tempfile

    tempfile.tempdir = job["work"]
    cage.limit(job["seconds"], job["memory"], job["files"], job["caged"])
    serve(Channel(socket.socket(fileno=3)), job["output"])
    return 0


def end_children(rounds=200):
    """End all descendants of this process; on Linux those whose parents ended are its children."""
    import psutil

    me = psutil.Process()
    for _ in range(rounds):
        living = [p for p in me.children(recursive=True) if alive(p)]
        for process in living:
            with contextlib.suppress(psutil.Error):
                process.kill()
        with contextlib.suppress(OSError, AttributeError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not living:
            return
        time.sleep(0.005)


def alive(process):
    """Return whether a process runs, and is not only waiting to be forgotten."""
    import psutil

    with contextlib.suppress(psutil.Error):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def _spawned(job):
    """Start the worker as a program of its own, for systems without fork."""
    listener, word = socket.create_server(("127.0.0.1", 0)), secrets.token_hex(16)
    command = [sys.executable, "-m", "nncourse.collecting.worker", str(listener.getsockname()[1]), word]
    environment = {**job["environment"], "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    process = subprocess.Popen(
        [*command, str(job["output"])],
        env=environment,
        **dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL),
    )
    listener.settimeout(60)
    channel = Channel(listener.accept()[0])
    if channel.receive().get("word") != word:
        raise Closed
    channel.send({key: job[key] for key in ("work", "seconds", "memory", "files")})

    def end():
        process.kill()
        end_children()

    return channel, None, lambda: process.poll() is not None, end
