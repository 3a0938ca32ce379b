"""What a submission may not do: limits of the system, and on Linux namespaces without a network."""

import contextlib
import ctypes
import os
import signal
import socket
import struct
import sys
from pathlib import Path

LINUX = sys.platform == "linux" and hasattr(os, "fork")
NEW_MOUNTS, NEW_IPC, NEW_USER, NEW_PID, NEW_NET = 0x20000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
PRIVATE, RECURSIVE = 1 << 18, 0x4000
MOUNT_SETATTR, AT_RECURSIVE, READ_ONLY = 442, 0x8000, 1
DEATH_SIGNAL, NOT_DUMPABLE, SUBREAPER, NO_NEW_RIGHTS, DROP = 1, 4, 36, 38, 24
SET_FLAGS, UP = 0x8914, 1
FILES, PROCESSES = 256, 128
INSIDE = 1000  # the user's number inside: an ordinary one, which gets no rights by starting a program
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class Attributes(ctypes.Structure):
    """What `mount_setattr` takes."""

    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "user")]


class Head(ctypes.Structure):
    """The first argument of `capset`."""

    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


def _libc():
    return ctypes.CDLL(None, use_errno=True)


def _must(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def die_with_parent(parent):
    """End this process when its parent ends.

    Parameters
    ----------
    parent : int
        The parent's process id, which is compared: it may be gone already.
    """
    if LINUX:
        _libc().prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def adopt_orphans():
    """Become the parent of grandchildren whose parent ends, so that they can be found and ended."""
    if LINUX:
        _libc().prctl(SUBREAPER, 1, 0, 0, 0)


def keep_private():
    """Let no other process of the same user read this one's memory."""
    if LINUX:
        _libc().prctl(NOT_DUMPABLE, 0, 0, 0, 0)


def enter():
    """Move this process's children into namespaces of their own: processes, network, mounts. OSError where refused.

    No rights are needed: a namespace of users comes first.
    """
    user, group = os.geteuid(), os.getegid()
    _must(_libc().unshare(NEW_USER | NEW_PID | NEW_NET | NEW_MOUNTS | NEW_IPC))
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{INSIDE} {user} 1"),
        ("gid_map", f"{INSIDE} {group} 1"),
    ):
        Path("/proc/self", name).write_text(text)


def furnish(work, megabytes, hidden):
    """As the first process inside: make everything read-only but a small folder of its own, and give up all rights.

    Parameters
    ----------
    work : str
        The folder that may be written to; it is in memory, and gone with the process.
    megabytes : int
        How much fits in it.
    hidden : iterable of str
        Folders that appear empty.
    """
    import fcntl

    libc = _libc()
    _must(libc.mount(None, b"/", None, PRIVATE | RECURSIVE, None))
    _must(libc.mount(b"proc", b"/proc", b"proc", 0, None))
    change = Attributes(READ_ONLY, 0, 0, 0)
    _must(libc.syscall(MOUNT_SETATTR, -100, b"/", AT_RECURSIVE, ctypes.byref(change), ctypes.sizeof(change)))
    for folder in hidden:
        _must(libc.mount(b"none", os.fsencode(folder), b"tmpfs", 1, b"size=4k"))
    with socket.socket() as sock:  # the only network inside: the process to itself
        fcntl.ioctl(sock, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))
    options = f"size={megabytes}m,nr_inodes=20000".encode()
    _must(libc.mount(b"none", os.fsencode(work), b"tmpfs", 0, options))
    libc.prctl(NO_NEW_RIGHTS, 1, 0, 0, 0)
    for right in range(64):
        libc.prctl(DROP, right, 0, 0, 0)
    _must(libc.capset(ctypes.byref(Head(0x20080522, 0)), (ctypes.c_uint32 * 6)()))


def limit(seconds, memory, file_megabytes, inside):
    """Set the limits of this process and of all that it starts.

    Parameters
    ----------
    seconds : float
        Of the processor, for each process.
    memory : int
        Megabytes beyond what the process has now.
    file_megabytes : int
        The largest file.
    inside : bool
        Whether the process is in a namespace, where the number of processes counts those inside alone.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    wanted = {
        "RLIMIT_CPU": int(seconds) + 2,
        "RLIMIT_FSIZE": file_megabytes << 20,
        "RLIMIT_NOFILE": FILES,
        "RLIMIT_CORE": 0,
    }
    if LINUX:
        wanted["RLIMIT_AS"] = _address_space() + (memory << 20)
        if inside:
            wanted["RLIMIT_NPROC"] = PROCESSES
    for name, value in wanted.items():
        with contextlib.suppress(OSError, ValueError):
            most = resource.getrlimit(getattr(resource, name))[1]
            value = value if most == resource.RLIM_INFINITY else min(value, most)
            resource.setrlimit(getattr(resource, name), (value, value))


def _address_space():
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test():
    """Return None if namespaces can be made here, else why not.

    Examples
    --------
    >>> test() is None or isinstance(test(), str)
    True
    """
    if not LINUX:
        return "only Linux has them"
    pid = os.fork()
    if pid == 0:
        code = 1
        with contextlib.suppress(BaseException):
            enter()
            inner = os.fork()
            if inner == 0:
                with contextlib.suppress(BaseException):
                    furnish(os.environ.get("TMPDIR", "/tmp"), 1, ())
                    os._exit(0)
                os._exit(1)
            code = os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1])
        os._exit(code)
    return None if os.waitpid(pid, 0)[1] == 0 else "this system allows no namespaces to ordinary users"
