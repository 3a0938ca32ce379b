"""A process that has imported everything once, and forks one judging process for each notebook.

It keeps no results and sees no notebook, so there is nothing in its memory that a student should not see.
"""

import contextlib
import gc
import os
import shutil
import signal
import socket
import sys
from importlib import import_module

from nncourse.collecting import cage, judging
from nncourse.collecting.channel import Channel, Closed
from nncourse.collecting.start import end_children


def load():
    """Import what chapters import, and use it once."""
    import numpy as np
    import psutil  # noqa: F401
    import sympy as sp

    import nncourse
    from nncourse.exercises.judges import Formula

    for name in nncourse.MODULES:
        with contextlib.suppress(ImportError):
            import_module(f"nncourse.{name}")
    with contextlib.suppress(ImportError):
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot

        pyplot.close(pyplot.figure())
    x = sp.Symbol("x")
    Formula("x").same(sp.tanh(x) ** 2 + sp.exp(x), sp.log(x), np.random.default_rng(0))
    gc.collect()
    gc.freeze()


def main(number):
    """Fork a judging process for every job that comes over the socket with this number, until it is closed."""
    channel, me, folders = Channel(socket.socket(fileno=number)), os.getpid(), []
    cage.adopt_orphans()
    load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody has to wait for them
    channel.send({"ready": True})
    with contextlib.suppress(Closed):
        while True:
            job, (line,) = channel.receive(), channel.passed
            folders.append(job["work"])
            pid = os.fork()
            if pid == 0:
                with contextlib.suppress(BaseException):
                    cage.die_with_parent(me)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    channel.close()
                    judging.main(job, line)
                os._exit(0)
            line.close()
            channel.send({"pid": pid})
    end_children()
    for folder in folders:  # where whoever collects was ended, and could not do it
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
