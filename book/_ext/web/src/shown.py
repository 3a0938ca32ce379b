"""What the cells of a page show: text as it is printed, values as a notebook stores them, figures as the book draws them.

It is sent to the page, and cut where it grows beyond all measure, so that the page stays alive.
"""

import base64
import io
import json
import sys
import time

from js import tell  # takes one message, as JSON

MOST_TEXT = 200_000  # characters that a cell may print to a stream, or show as values
MOST_PICTURES = 20
MOST_VALUES = 200
EVERY, AT_ONCE = 0.05, 1000  # seconds between two messages of printed text, after so many at once


class Printed(io.TextIOBase):
    """What stdout or stderr is while a cell runs: hands text on, of much text some twenty times a second."""

    encoding = "utf-8"

    def __init__(self, name):
        self.name, self.cell, self.waiting = name, None, []
        self.size, self.count, self.counted = 0, 0, 0.0  # count: of the messages, one less every EVERY seconds

    def writable(self):
        """Say yes."""
        return True

    def write(self, text):
        """Take a text; beyond the limit it is counted and thrown away."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        other = ERR if self is OUT else OUT
        if other.waiting and self.may_send():
            other.hand_on()
        room = MOST_TEXT - self.size
        self.size += len(text)
        if room > 0:
            self.waiting.append(text[:room])
            if self.may_send():
                self.hand_on()
        return len(text)

    def may_send(self):
        """Return whether there is room for a message; time makes room."""
        now = time.monotonic()
        self.count, self.counted = max(0, self.count - (now - self.counted) / EVERY), now
        return self.count < AT_ONCE

    def flush(self):
        """Hand on what is waiting; in a flood that is not for the program to say."""
        if self.may_send():
            self.hand_on()

    def hand_on(self):
        """Send what is waiting."""
        if self.waiting:
            send(self.cell, "stream", name=self.name, text="".join(self.waiting))
            self.waiting, self.count = [], self.count + 1

    def start(self, cell):
        """Begin a cell."""
        self.cell, self.size, self.count = cell, 0, 0

    def end(self):
        """End a cell, and say how much was cut."""
        self.hand_on()
        if self.size > MOST_TEXT:
            text = f"\n[{self.size - MOST_TEXT:,} more characters were printed and are not shown]\n"
            send(self.cell, "stream", name="stderr", text=text)


OUT, ERR = Printed("stdout"), Printed("stderr")


def send(cell, kind, **content):
    """Send the page a message about a cell."""
    tell(json.dumps({"cell": cell, "kind": kind, **content}))


def as_shown(value):
    """Return what a notebook stores of a value: media types and texts, the plain one always."""
    found = {}
    for method, kind in (
        ("_repr_html_", "text/html"),
        ("_repr_markdown_", "text/markdown"),
        ("_repr_latex_", "text/latex"),
        ("_repr_svg_", "image/svg+xml"),
    ):
        make = getattr(type(value), method, None)
        text = make(value) if make is not None else None
        if isinstance(text, str):
            found[kind] = text[:MOST_TEXT]
    text = repr(value)
    found["text/plain"] = text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + " [cut]"
    return found


def display(*values):
    """Show values, as a notebook's function of this name does."""
    for value in values:
        OUT.hand_on()
        ERR.hand_on()
        if display.count == MOST_VALUES or display.size > MOST_TEXT:
            if not display.cut:
                print(f"[only the first {display.count} values of this cell are shown]", file=sys.stderr)
            display.cut = True
            continue
        data = as_shown(value)
        display.count += 1
        display.size += sum(len(text) for text in data.values())
        send(OUT.cell, "display", data=data)


def show_figures(*_, **__):
    """Send the open figures as the book draws them, and close them."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    numbers = pyplot.get_fignums() if pyplot else []
    for number in numbers:
        OUT.hand_on()
        show_figures.count += 1
        if show_figures.count <= MOST_PICTURES:
            figure, file = pyplot.figure(number), io.BytesIO()
            figure.savefig(file, format="png", bbox_inches="tight", dpi=figure.dpi)
            send(OUT.cell, "display", data={"image/png": base64.b64encode(file.getvalue()).decode()})
        elif show_figures.count == MOST_PICTURES + 1:
            print(f"[only the first {MOST_PICTURES} pictures of a cell are shown]", file=sys.stderr)
    if numbers:
        pyplot.close("all")


def show_what_there_is():
    """Show the figures of a cell that failed, as far as they can be drawn; the next cell begins without."""
    try:
        show_figures()
    except Exception:  # the cell's own error is told
        sys.modules["matplotlib.pyplot"].close("all")
