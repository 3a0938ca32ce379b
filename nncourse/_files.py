"""Files are written to the side and put in place whole: a crash leaves the old file and nothing beside it."""

import os
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def put_in_place(path):
    """Give the path of a new file beside `path`, which takes its place at the end of a block without errors.

    Where the block fails, whatever the reason, the new file is removed and the old one stays as it is.
    """
    path = Path(path)
    aside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield aside
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
