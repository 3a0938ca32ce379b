import sys
from types import SimpleNamespace

import yaml
from conftest import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import numbering


def test_every_page_that_is_no_chapter_has_a_mark_of_its_own():
    found = numbering.marks(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
    assert found["book/before-you-start"] == "0"
    assert (found["book/projects/better-language-model"], found["book/projects/longer-memory"]) == ("P1", "P2")
    assert (found["book/appendix/derivative-rules"], found["book/appendix/in-pytorch"]) == ("A", "B")
    assert not any(page.startswith(("book/feedforward", "book/recurrent")) for page in found)


def test_figures_and_exercises_begin_at_one_in_the_order_of_the_page():
    numbers = {
        "book/appendix/in-pytorch": {"figure": {"b": (10,), "a": (9,)}, "exercise": {"c": (12,)}},
        "book/recurrent/adding-bits": {"figure": {"d": (10, 1)}},
    }
    numbering.renumber(None, SimpleNamespace(toc_fignumbers=numbers))
    assert numbers == {
        "book/appendix/in-pytorch": {"figure": {"a": ("B", 1), "b": ("B", 2)}, "exercise": {"c": ("B", 1)}},
        "book/recurrent/adding-bits": {"figure": {"d": (10, 1)}},
    }
