"""The page of a class: who passed what, with which message, which mistakes are common. One file, no requests."""

import base64
import hashlib
import html
from datetime import datetime

from nncourse.collecting import results

SIGNS = {
    "passed": ("✓", "passed"), "failed": ("✗", "failed"), "unanswered": ("–", "unanswered"),
    "missing": ("?", "missing"), "not reached": ("…", "not reached"),
}  # fmt: skip
STYLE = """
:root { color-scheme: light dark; --back: #fff; --text: #1b1b1b; --line: #b5b5b5; --head: #eef1f5; --good: #005a9c;
  --bad: #a33c00; --soft: #565656; }
@media (prefers-color-scheme: dark) { :root { --back: #16181b; --text: #ececec; --line: #555; --head: #25292f;
  --good: #7cc4ff; --bad: #ffab76; --soft: #b4b4b4; } }
body { background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto;
  padding: 1rem; max-width: 80rem; }
h1 { line-height: 1.2; } table { border-collapse: collapse; }
caption { text-align: start; padding: .3rem 0; color: var(--soft); }
th, td { border: 1px solid var(--line); padding: .2rem .5rem; text-align: start; vertical-align: top; }
thead th { background: var(--head); } td.n, th.n { text-align: end; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; position: relative; } td ul { margin: 0; padding-inline-start: 1.2rem; }
 .wide:focus-visible, button:focus-visible, a:focus-visible, summary:focus-visible
  { outline: 3px solid var(--good); outline-offset: 2px; }
.passed { color: var(--good); font-weight: 600; } .failed { color: var(--bad); font-weight: 600; }
.unanswered, .missing, .not-reached { color: var(--soft); } .note { overflow-wrap: anywhere; min-width: 12rem; }
td.sign { text-align: center; } a { color: var(--good); } summary { cursor: pointer; padding: .2rem 0; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .2rem 0; font-size: .9rem; }
th button { font: inherit; font-weight: inherit; color: inherit; background: none; border: 0; padding: 0;
  cursor: pointer; text-align: start; text-decoration: underline dotted; }
th[aria-sort=ascending] button::after { content: " ▲"; } th[aria-sort=descending] button::after { content: " ▼"; }
.away { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media print { details::details-content { content-visibility: visible; height: auto; } }
"""
SCRIPT = """
for (const table of document.querySelectorAll("table.sorts"))
  table.querySelectorAll("thead th").forEach((head, column) => {
    const button = document.createElement("button"); button.type = "button"; button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of table.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent.trim();
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => (up ? 1 : -1) * key(a).localeCompare(key(b), undefined, { numeric: true }));
      table.tBodies[0].append(...rows);
    });
  });
"""


def text(value):
    """Return a text for HTML: escaped, without what cannot be shown.

    Examples
    --------
    >>> text("<b>")
    '&lt;b&gt;'
    """
    shown = "".join(c if c in "\n\t" or c.isprintable() else "�" for c in str(value))
    return html.escape(shown.encode("utf-8", "replace").decode("utf-8"))


def make(rows, about):
    """Return the page.

    Parameters
    ----------
    rows : list of dict
        The notebooks.
    about : list of str
        Sentences about the run: its limits, and what could not be limited.
    """
    script = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{script}'"
    body = [overview(rows, about), mistakes(rows), students(rows), messages(rows)]
    head = (
        f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>A class, collected</title>\n<style>{STYLE}</style>"
    )
    main = f"<main>\n{''.join(body)}</main>\n<script>{SCRIPT}</script>"
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>{main}</body></html>\n'


def overview(rows, about):
    """Return the opening: how many, and how it was run.

    Parameters
    ----------
    rows : list of dict
        The notebooks.
    about : list of str
        Sentences about the run.
    """
    counts = {s: sum(row["status"] == s for row in rows) for s in ("done", "stopped", "unreadable", "failed")}
    said = ", ".join(f"{n} {name}" for name, n in counts.items() if n)
    now = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    lines = "".join(f"<li>{text(line)}</li>" for line in about)
    return f"<h1>A class, collected</h1>\n<p>{len(rows)} notebooks: {said}. {now}.</p>\n<ul>{lines}</ul>\n"


def mistakes(rows):
    """Return the table of exercises: how many passed, and the common mistakes."""
    lines = []
    for id, reasons in results.common(rows).items():
        count = {
            name: sum(id in results.expected(row) and results.result(row, id) == name for row in rows)
            for name in SIGNS
        }
        shown = "".join(f"<li>{len(who)} × <span>{text(why)}</span>{_who(who)}</li>" for why, who in reasons[:8])
        rest = len(reasons) - 8
        more = f"<li>and {rest} other reasons</li>" if rest > 0 else ""
        numbers = "".join(f'<td class="n">{count[name]}</td>' for name in SIGNS)
        lines.append(f'<tr><th scope="row">{id}</th>{numbers}<td class="note"><ul>{shown}{more}</ul></td></tr>\n')
    heads = [_head("exercise"), *(_head(name, "n") for name in SIGNS), _head("common mistakes")]
    return _table("Exercises", "What went wrong how often. Press a heading to sort.", heads, lines)


def _head(name, kind=""):
    return f'<th scope="col"{f" class={kind}" if kind else ""}>{name}</th>'


def _who(who):
    names = ", ".join(text(name) for name in who[:60]) + (" …" if len(who) > 60 else "")
    return f" <details><summary>who</summary>{names}</details>"


def students(rows):
    """Return the table of notebooks."""
    ids, lines = results.exercises(rows), []
    for n, row in enumerate(rows):
        mine, cells = set(results.expected(row)), ""
        for id in ids:
            sign, words = SIGNS[results.result(row, id)] if id in mine else ("", "")
            kind = words.replace(" ", "-")
            cells += f'<td class="sign {kind}" data-key="{words}"><span aria-hidden="true">{sign}</span>'
            cells += f'<span class="away">{words}</span></td>'
        notes = "<br>".join(text(note) for note in row["notes"])
        lines.append(
            f'<tr><th scope="row"><a href="#n{n}">{text(row["student"])}</a></th><td>{text(row["file"])}</td>'
            f'<td>{row["status"]}</td><td class="n">{results.passed(row)} of {len(mine)}</td>{cells}'
            f'<td class="n">{row["seconds"]:.1f}</td><td class="note">{notes}</td></tr>\n'
        )
    heads = [_head("student"), _head("file"), _head("status"), _head("passed", "n"), *(_head(id) for id in ids)]
    key = ", ".join(f"{sign} {words}" for sign, words in SIGNS.values())
    heads += [_head("seconds", "n"), _head("notes")]
    return _table("Students", f"{key}. Press a heading to sort.", heads, lines)


def _table(title, caption, heads, lines):
    return (
        f'<h2>{title}</h2>\n<div class="wide" role="region" aria-label="{title}" tabindex="0"><table class="sorts">'
        f"<caption>{caption}</caption>\n<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>{''.join(lines)}</tbody></table></div>\n"
    )


def messages(rows):
    """Return what the checks said to each student."""
    parts = ["<h2>Messages</h2>\n"]
    for n, row in enumerate(rows):
        said = "".join(
            f"<dt>{id}</dt><dd><pre>{text(row['answers'][id][1])}</pre></dd>"
            for id in results.expected(row)
            if id in row["answers"]
        )
        notes = "".join(f"<li>{text(note)}</li>" for note in row["notes"])
        parts.append(
            f'<details id="n{n}"><summary>{text(row["student"])} ({text(row["file"])}): {results.passed(row)} of '
            f"{len(results.expected(row))}</summary><ul>{notes}</ul><dl>{said}</dl></details>\n"
        )
    return "".join(parts)
