"""The count of what Jupyter Book 2 says of the book: the copy, the parser, the record. Nothing is built here."""

import json
from collections import Counter

import pytest
import yaml

import nncourse
from tools import ledger, portable, portable_text
from tools.check_site import pages_of_toc
from tools.portable import ROOT

# As Jupyter Book 2.1.7 printed it, shortened.
OUTPUT = """\
building myst-cli session with API URL: https://api.example.org
⚠️  book/index.md:10 unexpected option "gutter" provided (in grid)
⚠️  book/index.md:111:54 Usage of the {doc} role is not recommended, use a markdown link to the file instead.
   For {doc}`glossary <reference/glossary>` use [glossary ](reference/glossary)
⚠️  book/index.md:154:64 Usage of the {doc} role is not recommended, use a markdown link to the file instead.
   For {doc}`errata <reference/errata>` use [errata ](reference/errata)
⛔️ book/reference/instructors.md:13 unknown directive: chapters
⛔️ book/reference/api.md:11 unknown directive: eval-rst
⛔️ book/before-you-start.ipynb Gated node is not closed, expected a {exercise-end} directive.
⚠️  book/feedforward/perceptron.ipynb label "thm-perceptron-bound" replaced with "S-fn1b"
⚠️  book/before-you-start.ipynb Duplicate identifier in project "cell-1"
   In files: book/before-you-start.ipynb, book/feedforward/delta-rule.ipynb
📖 Built book/index.md in 2.19 s.
⚠️  book/before-you-start.ipynb Cross reference target was not found: fig-before-you-start-step
⚠️  book/before-you-start.ipynb Cross reference text is empty for <undefined>
⛔️ myst.yml Table of contents entry does not exist: n.ipynb
⚠️  something that belongs to no file
📚 Built 25 pages for project in 4.51 s.
⚠️  book/feedforward/backpropagation.ipynb:18 Duplicate identifier in file "s-dl"
"""


def markdown(text, folder="book/feedforward", renamed=()):
    return portable_text.markdown(text, folder, dict(renamed))


# The count.


def test_messages_are_counted_by_kind_whatever_they_name():
    assert Counter(kind for kind, *_ in portable.messages(OUTPUT)) == {
        'warning: unexpected option ... provided (in grid)': 1,
        "warning: Usage of the {doc} role is not recommended, use a markdown link to the file instead.": 2,
        "error: unknown directive": 2,
        "error: Gated node is not closed, expected a {exercise-end} directive.": 1,
        "warning: label ... replaced with ...": 1,
        "warning: Duplicate identifier in project ...": 1,
        "warning: Cross reference target was not found": 1,
        "warning: Cross reference text is empty for <undefined>": 1,
        "error: Table of contents entry does not exist": 1,
        "warning: something that belongs to no file": 1,
        "warning: Duplicate identifier in file ...": 1,
    }  # fmt: skip


def test_messages_keep_their_place_and_their_words():
    assert portable.messages(OUTPUT)[3][1:] == ("book/reference/instructors.md:13", "unknown directive: chapters")
    assert portable.messages("⚠️  something that belongs to no file")[0][1] == ""
    assert portable.messages("📖 Built book/index.md in 2.19 s.") == []


def test_the_table_has_both_counts_and_shows_kinds_that_one_of_them_lacks():
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in portable.table({"a": 2, "b": 1}, {"c": 4})]
    assert rows[2:] == [["a", "0", "2"], ["b", "0", "1"], ["c", "4", "0"], ["total", "4", "3"]]
    assert len({len(line) for line in portable.table({"a": 2, "bcd": 1}, {})}) == 1


def test_the_record_is_well_formed():
    text = portable.RECORD.read_text(encoding="utf-8")
    record = portable.read_record()
    assert text == json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    assert set(record) == {"release", "plain", "full"}
    assert record["release"] == portable.RELEASE, "after a change of the release: make portable, with --record"
    for counts in (record["plain"], record["full"]):
        assert list(counts) == sorted(counts)
        assert all(kind.startswith(("warning: ", "error: ")) and count > 0 for kind, count in counts.items())
    assert sum(record["full"].values()) < sum(record["plain"].values())


@pytest.fixture
def without_a_build(monkeypatch, tmp_path):
    """Let the command line find the output above in place of a build, and a record that it beats or not."""
    monkeypatch.setattr(portable, "jupyter_book", lambda: [])
    monkeypatch.setattr(portable, "copy", lambda *_, **__: None)
    monkeypatch.setattr(portable, "build", lambda *_: OUTPUT)
    monkeypatch.setattr(portable, "RECORD", tmp_path / "portable.json")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)

    def record(count):
        content = {"release": portable.RELEASE, "plain": {}, "full": {"error: unknown directive": count}}
        portable.RECORD.write_text(json.dumps(content), encoding="utf-8")

    return record


@pytest.mark.parametrize(("recorded", "code"), [(12, 1), (13, 0), (14, 0)])
def test_only_a_rise_fails_and_only_where_that_is_asked_for(without_a_build, recorded, code):
    without_a_build(recorded)
    assert portable.main(["--strict"]) == code
    assert portable.main([]) == 0


def test_the_count_can_be_recorded_and_goes_into_the_summary(without_a_build, monkeypatch, tmp_path, capsys):
    without_a_build(1)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    assert portable.main(["--record", "--list"]) == 0
    assert sum(portable.read_record()["full"].values()) == 13
    table = [line for line in (tmp_path / "summary.md").read_text(encoding="utf-8").splitlines() if line]
    printed = capsys.readouterr().out
    assert table[0] == "### The book with Jupyter Book 2"
    assert table[-1].split() == ["|", "total", "|", "1", "|", "13", "|"]
    assert all(line in printed for line in table[1:])
    assert "book/reference/instructors.md:13 unknown directive: chapters" in printed
    assert portable.main(["--strict"]) == 0


@pytest.mark.parametrize("kind", [portable.BuildFailed, ValueError])
def test_a_build_that_fails_is_told_from_one_that_warns(without_a_build, monkeypatch, capsys, kind):
    without_a_build(99)

    def fail(*_):
        raise kind("the last words")

    monkeypatch.setattr(portable, "build", fail)
    assert portable.main([]) == 2
    assert "the last words" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("said", "code"),
    [("📚 Built 2 pages for project in 4 s.", 1), ("📚 Built 1 page for project in 4 s.", 0), ("Nothing.", 0)],
)
def test_a_build_has_to_end_well_with_every_page(tmp_path, monkeypatch, said, code):
    (tmp_path / "myst.yml").write_text("toc: [{file: a.md}, {file: b.md}]", encoding="utf-8")
    done = type("Done", (), {"returncode": code, "stdout": f"\x1b[32m{said}\x1b[39m"})
    monkeypatch.setattr(portable.subprocess, "run", lambda *_, **__: done)
    with pytest.raises(portable.BuildFailed, match="of 2 pages"):
        portable.build([], tmp_path)
    done.returncode, done.stdout = 0, "📚 Built \x1b[1m2\x1b[22m pages for project in 4 s."
    assert portable.build([], tmp_path) == "📚 Built 2 pages for project in 4 s."


# The copy.


def test_the_table_of_contents_keeps_its_pages_and_their_order():
    config, toc = (
        yaml.safe_load((ROOT / name).read_text(encoding="utf-8")) for name in ("_config.yml", "_toc.yml")
    )
    found = portable.myst_config(config, toc, "./theme")

    def files(entries):
        for entry in entries:
            yield from [entry["file"]] if "file" in entry else []
            yield from files(entry.get("children", ()))

    names = list(files(found["project"]["toc"]))
    assert [name.rpartition(".")[0] for name in names] == pages_of_toc(toc)
    assert all((ROOT / name).is_file() for name in names)
    titles = [entry["title"] for entry in found["project"]["toc"] if "title" in entry]
    assert titles == [part["caption"] for part in toc["parts"]]
    assert found["project"]["bibliography"] == ["book/references.bib"]
    assert (ROOT / found["site"]["options"]["logo"]).is_file()


def test_a_page_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match=r"expected a page of the book, book/nowhere\.ipynb or book/nowhere\.md"):
        portable_text.page("book/nowhere")


def test_a_glossary_gets_the_other_form_and_nothing_else_is_changed_by_the_plain_conversion():
    text = "one\n  two\n\n```{glossary}\nbias\n  A *constant*.\n\nunit\n  A cell.\n```\n\nthree\n  four {doc}`x`\n"
    told = text.replace("  A", ": A")
    assert portable_text.plain_page(text) == told


def test_equations_carry_their_label_as_a_number_also_where_only_capitals_differ():
    renamed = portable_text.clashes(["S-dL", "S-1", "S-dl"])
    assert renamed == {"S-dl": "S-dl-2"}
    text = (
        "$$\nx\n$$ (S-dL)\n\nand\n\n$$\ny\n$$\n\n$$\nz\n$$ (S-dl)\n\n{eq}`S-dL`, {eq}`S-dl`, {ref}`S-dl <S-dl>`\n"
    )
    assert markdown(text, renamed=renamed) == (
        "```{math}\n:label: S-dL\n:enumerator: S-dL\nx\n```\n\nand\n\n$$\ny\n$$\n\n"
        "```{math}\n:label: S-dl-2\n:enumerator: S-dl\nz\n```\n\n{eq}`S-dL`, {eq}`S-dl-2`, {ref}`S-dl <S-dl-2>`\n"
    )


def test_targets_that_would_be_lost_get_a_place_of_their_own():
    text = "(J-F1)=\n(J-F2)=\nText.\n\n(S-Alg1)=\n:::{prf:algorithm} A\n:label: alg\n:::\n\n(S-x)=\n## Heading\n"
    place = ":::{{div}}\n:label: {}\n:::\n\n"
    assert markdown(text) == text.replace("(J-F1)=\n", place.format("J-F1")).replace(
        "(S-Alg1)=\n", place.format("S-Alg1")
    )


def test_options_that_only_sphinx_has_go_and_cards_lead_to_files():
    text = (
        ":::{grid-item-card} 1\n:link: delta-rule\n:link-type: doc\nText\n:::\n::::{grid} 1 2\n:gutter: 3\n::::\n"
    )
    assert markdown(text) == ":::{grid-item-card} 1\n:link: delta-rule.ipynb\nText\n:::\n::::{grid} 1 2\n::::\n"


def test_what_only_the_other_build_has_is_left_out():
    text = (
        "A.\n\n```{pdf}\n[The PDF](pdf).\n```\n\nThe {ref}`index <genindex>`, {ref}`J-F1 <J-F1>`, {{ version }}.\n"
    )
    told = f"A.\n\n\nThe index, {{ref}}`J-F1 <J-F1>`, {nncourse.__version__}.\n"
    assert markdown(text) == told


def test_a_role_that_both_versions_could_read_as_a_link_stays_in_the_count():
    assert markdown("{doc}`../notation`") == "{doc}`../notation`"


def test_automodule_becomes_targets_signatures_and_docstrings():
    text = markdown("```{eval-rst}\n.. automodule:: nncourse.activations\n   :members:\n```\n")
    assert "eval-rst" not in text
    assert "(nncourse.activations.activation)=\n`activation(f)`\n\n```text\n" in text


def test_a_package_shows_what_it_offers_under_the_name_that_it_offers():
    targets = [target for target, _ in portable_text.things("nncourse.optimizers")]
    assert targets[0] == "nncourse.optimizers"
    assert "nncourse.optimizers.Rprop" in targets
    assert not [target for target in targets if ".rprop." in target]


def test_our_directives_are_written_out_and_others_stay():
    assert set(portable_text.ours()) >= {"concordance", "chapters", "audit", "exercised"}
    text = markdown("```{chapters}\n```\n")
    assert text.startswith("| chapter |")
    assert "[](/book/feedforward/delta-rule.ipynb)" in text
    assert "{doc}" not in text
    assert "{numref}`neural-language-model-1`" in markdown("```{audit} neural-language-model\n```\n")
    assert markdown("```{tableofcontents}\n```\n") == "```{tableofcontents}\n```\n"


def test_a_directive_that_cannot_do_its_work_is_named(monkeypatch):
    def fail():
        raise ValueError("stale")

    pytest.importorskip("sphinx")
    monkeypatch.setattr(ledger, "verified", fail)
    with pytest.raises(ValueError, match=r"```\{concordance\} S: .*stale"):
        markdown("```{concordance} S\n```\n")


def notebook(*cells):
    """Return a notebook: text for a Markdown cell, (source, metadata) for a code cell."""
    made = [
        {"cell_type": "markdown", "source": cell.splitlines(keepends=True), "metadata": {}}
        if isinstance(cell, str)
        else {"cell_type": "code", "source": [cell[0]], "metadata": cell[1], "outputs": []}
        for cell in cells
    ]
    return {"cells": [{**cell, "id": f"cell-{i}"} for i, cell in enumerate(made, start=1)], "nbformat": 4}


def converted(*cells):
    return portable_text.chapter(notebook(*cells), "book/feedforward/delta-rule.ipynb", {})["cells"]


def test_cells_have_ids_of_their_own_and_pictures_are_figures():
    drawn = {"figure": {"name": "fig-x", "caption": "What *it* is."}, "image": {"alt": "A line."}}
    text, plain, picture = converted("# Title", ("1 + 1", {"tags": ["a"]}), ("plt.show()", {"mystnb": drawn}))
    assert [cell["id"] for cell in (text, plain, picture)] == [f"delta-rule-cell-{i}" for i in (1, 2, 3)]
    assert plain["metadata"] == {"tags": ["a"]}
    assert picture["metadata"] == {"mystnb": drawn, "label": "fig-x", "caption": "What *it* is."}


def test_exercises_end_with_their_cell_and_solutions_stay_hidden():
    exercise = ":::{exercise-start} A: predict, 3 minutes\n:label: a-1\n:::\n\nDo it.\n\n$$\nx\n$$ (S-1)\n"
    between = (
        ":::{exercise-end}\n:::\n\nA hint.\n\n:::{solution-start} a-1\n:label: a-1-solution\n:class: dropdown\n:::"
    )
    code = ("check()", {"tags": ["needs-torch"]})
    first, stub, second, solution, third, after = converted(
        exercise, code, between, code, ":::{solution-end}\n:::\n\nOn.", code
    )
    assert first["source"] == (
        "::::::{exercise} A: predict, 3 minutes\n:label: a-1\n\nDo it.\n\n"
        "```{math}\n:label: S-1\n:enumerator: S-1\nx\n```\n::::::\n"
    )
    assert second["source"] == (
        "A hint.\n\n::::::{solution} a-1\n:label: a-1-solution\n:class: dropdown\n\nIn the next cell.\n::::::\n"
    )
    assert third["source"] == "On."
    assert solution["metadata"]["tags"] == ["needs-torch", "hide-cell"]
    assert stub["metadata"] == after["metadata"] == {"tags": ["needs-torch"]}


def test_an_exercise_within_one_cell_keeps_what_follows_outside():
    text = ":::{exercise-start} A\n:label: a-1\n:::\n\nDo it.\n\n:::{exercise-end}\n:::\n\nAfter.\n"
    assert converted(text)[0]["source"] == "::::::{exercise} A\n:label: a-1\n\nDo it.\n::::::\n\n\nAfter.\n"


def test_the_copy_has_every_page_and_no_gate_and_the_book_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(portable_text, "generated", lambda match: match[0])  # it needs a fresh run of all tests
    before = {path: path.read_bytes() for path in (ROOT / "book").rglob("*.ipynb")}
    portable.copy(tmp_path)
    assert before == {path: path.read_bytes() for path in before}
    files = yaml.safe_load((tmp_path / "myst.yml").read_text(encoding="utf-8"))["project"]["toc"]
    assert (tmp_path / files[0]["file"]).is_file()
    ids = Counter()
    for path in (tmp_path / "book").rglob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        ids.update(cell["id"] for cell in cells)
        text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        assert "-start}" not in text
        assert "-end}" not in text
        assert not ledger.labels(text, math=True), "an equation kept the form that has no number of its own"
    assert max(ids.values()) == 1


def test_a_figure_that_moves_is_told_of_with_its_caption():
    text = markdown(
        "Before.\n\n```{live} steps\n:alt: 'A hill: high'\nSteps of $x$\nand more.\n```\n\n```{note}\nA.\n```\n"
    )
    assert text == (
        "Before.\n\n*On the course's website a figure stands here that moves.* Steps of $x$\nand more.\n\n\n"
        "```{note}\nA.\n```\n"
    )


def test_quick_questions_are_written_out():
    text = markdown("```{questions} delta-rule\n```\n")
    assert text.startswith("**Question 1.** ")
    assert "::::{dropdown} Answers\n" in text
    assert "{questions}" not in text
