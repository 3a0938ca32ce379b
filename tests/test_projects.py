"""The two projects: what is shown to a student's code and what is not, what is an answer, and the numbers."""

import json
from itertools import pairwise

import nbformat
import numpy as np
import pytest
from conftest import ROOT

from nncourse import command
from nncourse.collecting import notebook
from nncourse.contexts import ngrams
from nncourse.language_models import NeuralLanguageModel
from nncourse.optimizers import GradientDescent
from nncourse.projects import Score, language_model, memory, points, reference
from nncourse.projects.judging import LONGEST, up_to_train
from nncourse.training import fit

RESULTS = json.loads((ROOT / "benchmarks" / "results" / "projects.json").read_text(encoding="utf-8"))["results"]
ROW = {(row["project"], row["model"]): row for row in RESULTS}
ARTICLES = [np.array([0, 1, 2, 3, 1, 2]), np.array([3, 2, 1, 0]), np.array([1, 1, 1, 1, 1, 2, 3])]


@pytest.fixture(scope="module")
def lesson():
    """The articles and words, where gensim, which carries them, is installed."""
    pytest.importorskip("gensim", reason="the articles come with gensim, which is not installed")
    return language_model.lesson()


def uniform(histories, V=4):
    return np.full((len(histories), V), 1 / V)


# What is shown.


def test_no_word_is_shown_before_it_was_guessed():
    """Neither in its own history, nor in another one of the same call, nor in any call before."""
    asked, longest = set(), [0]

    def predict(histories):
        (length,) = {len(history) for history in histories}  # all at the same place
        assert length >= longest[-1]
        longest.append(length)
        for history in histories:
            assert history.base is None, "a view leads to the whole article"
            asked.update((i, length) for i, a in enumerate(ARTICLES) if np.array_equal(a[:length], history))
        return uniform(histories)

    assert language_model.mean_loss(predict, ARTICLES, 4) == pytest.approx(np.log(4))
    assert asked == {(i, t) for i, article in enumerate(ARTICLES) for t in range(3, len(article))}


def test_many_articles_come_in_parts_and_nothing_changes(monkeypatch):
    rng, sizes = np.random.default_rng(0), []
    articles = [rng.integers(4, size=6) for _ in range(10)]
    p = rng.dirichlet(np.ones(4), size=4)

    def predict(histories):
        sizes.append(len(histories))
        return p[[history[-1] for history in histories]]

    whole = language_model.mean_loss(predict, articles, 4)
    monkeypatch.setattr(language_model, "ROWS", 4)
    sizes.clear()
    assert language_model.mean_loss(predict, articles, 4) == pytest.approx(whole)
    assert sizes == [4, 4, 2] * 3


def test_the_loss_is_that_of_the_chapter():
    model = NeuralLanguageModel(V=4, n=3, d1=2, d2=3, bias=True)
    params = model.init(np.random.default_rng(0))
    x, y = (np.concatenate(part) for part in zip(*(ngrams(a, 3) for a in ARTICLES), strict=True))

    def predict(histories):
        return model.forward(params, np.array([history[-3:] for history in histories]))[0]

    assert language_model.mean_loss(predict, ARTICLES, 4) == pytest.approx(model.evaluate(params, x, y))


def test_a_changed_lesson_is_nobody_elses(lesson):
    language_model.lesson()[0][0][:] = 0
    assert language_model.lesson()[0][0].any()
    language_model.development()[0][:] = 0
    assert language_model.development()[0].any()


def test_the_parts_are_the_chapters(lesson):
    development = language_model.development()
    assert (len(lesson[0]), len(development), len(lesson[1])) == (200, 50, 1645)
    assert sum(len(a) - 3 for a in lesson[0]) == 43790
    assert sum(len(a) - 3 for a in development) == 10089


# What counts as an answer.


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda h: np.full((len(h), 4), 0.5), "sum to 1 in each row, got a row whose sum is 2"),
        (lambda h: np.tile([1.5, -0.5, 0.0, 0.0], (len(h), 1)), "got a probability of -0.5"),
        (lambda h: np.tile([np.nan, 0.5, 0.5, 0.0], (len(h), 1)), "expected finite numbers, got nan"),
        (lambda h: np.full(4, 0.25), r"expected shape \(3, 4\), got \(4,\)"),
        (lambda h: uniform(h, 5), r"expected shape \(3, 4\), got \(3, 5\)"),
        (lambda h: np.tile([0.0, 0.5, 0.25, 0.25], (len(h), 1)), "above 0, got 0 for a word that came"),
        (lambda h: None, "what predict returns: expected real numbers"),
        (lambda h: [["a"] * 4] * len(h), "what predict returns: expected real numbers"),
    ],
)
def test_what_is_no_probability_is_refused_in_plain_words(answer, words):
    with pytest.raises((TypeError, ValueError), match=words):
        language_model.mean_loss(answer, ARTICLES, 4)


def test_a_sum_that_is_a_little_off_brings_no_gain():
    def generous(histories):
        return uniform(histories) * 1.00009

    assert language_model.mean_loss(generous, ARTICLES, 4) == pytest.approx(np.log(4), rel=1e-12)


def test_single_precision_is_enough():
    assert language_model.mean_loss(lambda h: uniform(h).astype("float32"), ARTICLES, 4) == pytest.approx(np.log(4))


def test_a_training_that_returns_no_function_is_told_so(lesson):
    with pytest.raises(TypeError, match=r"train: expected it to return a function, predict\(histories\), got None"):
        language_model.score(lambda articles, words, seed: None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        (b"\xff\xfe\xff", "it is no text in UTF-8"),
        (b"", "an article of more than 3 words in a line, got none"),
        (b"one two three\n\nfour\n", "an article of more than 3 words in a line, got none"),
    ],
)
def test_a_text_that_cannot_be_used_is_told_why(lesson, tmp_path, content, words):
    if content is not None:
        (tmp_path / "text").write_bytes(content)
    with pytest.raises(ValueError, match=words):
        language_model.read(tmp_path / "text")


def test_a_text_is_read_as_the_articles_were(lesson, tmp_path):
    from nncourse import datasets

    (tmp_path / "text").write_text("\n".join(datasets.lee()[200:250]), encoding="utf-8")
    for ours, theirs in zip(language_model.read(tmp_path / "text"), language_model.development(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("train", "words"),
    [
        (lambda x, y, seed: 1 / 0, "lag 8: ZeroDivisionError: division by zero"),
        (lambda x, y, seed: None, "a mapping of W1, V1 and W2, got None"),
        (lambda x, y, seed: {"W1": np.ones((8, 2))}, "expected the names"),
        (lambda x, y, seed: {"W1": np.ones((9, 2)), "V1": np.eye(8), "W2": np.ones((1, 8))}, r"\(8, 2\)"),
    ],
)
def test_a_training_that_fails_costs_its_run_and_is_told(train, words):
    found = memory.score(train)
    assert found.value == 0
    with pytest.raises(ValueError, match=words):
        raise ValueError(found.details[-1])


def test_one_failed_run_leaves_the_others(monkeypatch):
    monkeypatch.setattr(memory, "LAGS", (8, 9))

    def train(x, y, seed):
        if len(x) == 9 and seed == 1:
            raise ArithmeticError("bad luck")
        return memory.chapter(x, y, seed)

    found = memory.score(train)
    assert (found.value, found.text) == (5, "lag 0, 5 of 6 runs")
    assert found.details[-1] == "lag 8: ArithmeticError: bad luck"


# The sequences.


def test_the_bit_and_the_noise_come_at_right_angles_and_the_angle_differs():
    directions = []
    for lag, run in [(8, 0), (8, 1), (16, 0)]:
        x, y, new_x, new_y = memory.sequences(lag, run, seed=3)
        bit = x[0, -1] * y[-1]
        np.testing.assert_allclose(x[0], y * bit, atol=1e-12)
        np.testing.assert_allclose(new_x[0], new_y * bit, atol=1e-12)
        np.testing.assert_allclose(x[1:] @ bit, 0, atol=1e-12)
        assert np.linalg.norm(bit) == pytest.approx(1)
        assert 0.9 < x[1:].std() * np.sqrt(2) < 1.1
        directions.append(bit)
    assert min(np.linalg.norm(a - b) for a, b in pairwise(directions)) > 0.01


def test_parameters_for_one_angle_are_no_good_for_the_others():
    """Written down beforehand, a network that keeps the bit of one run fails in most others."""
    x, y, *_ = memory.sequences(8, 0, seed=0)
    params = memory.chapter(x, y, 0)
    assert memory.score(lambda *_: params).value < 6


# The numbers.


def test_points_run_from_the_chapter_to_the_reference():
    assert [points(v, 1.0, 3.0) for v in (-9, 1, 1.5, 2, 3, 9)] == [0, 0, 10, 20, 40, 40]
    with pytest.raises(ValueError, match="expected a better score than the chapter's 2, got 2"):
        points(1, 2, 2)
    assert str(Score(1, "a", ("b",))) == "a\nb"


def test_chapter_and_reference_reach_what_is_stored(lesson, monkeypatch):
    predict = language_model.chapter(*lesson, language_model.SEED)
    monkeypatch.setattr(language_model, "chapter", lambda *_: predict)  # the reference has the same network in it
    for model, train in (("chapter", lambda *_: predict), ("reference", reference.language_model)):
        found = np.exp(-language_model.score(train).value)
        assert found == pytest.approx(ROW["language-model", model]["development"], rel=2e-3)


def test_the_reference_is_a_table_of_probabilities():
    predict = reference.language_model(ARTICLES, "abcd", seed=0)
    p = predict([a[:t] for a in ARTICLES for t in range(3, len(a) + 1)])
    assert p.min() > 0
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)


def test_the_longer_memory_is_one():
    for run in range(2):
        x, y, new_x, new_y = memory.sequences(64, run, seed=0)
        loss = {
            train.__module__: memory.NETWORK.evaluate(train(x, y, run), new_x, new_y)
            for train in (memory.chapter, reference.memory)
        }
        assert loss[reference.__name__] < memory.LEARNED < loss[memory.__name__]


def test_the_stored_results_say_that_the_references_are_clearly_better_within_the_budget():
    from nncourse.projects.scoring import BUDGET

    for project in ("language-model", "memory"):
        assert ROW[project, "chapter"]["times"] == 1
        assert ROW[project, "reference"]["times"] < BUDGET / 1.5
    assert ROW["language-model", "reference"]["test"] < 0.8 * ROW["language-model", "chapter"]["test"]
    learned = {model: ROW["memory", model]["learned"] for model in ("chapter", "reference")}
    assert list(learned["chapter"]) == list(map(str, memory.LAGS))
    assert learned["chapter"]["64"] == 0
    assert learned["reference"]["256"] > 0.9 * ROW["memory", "reference"]["runs"]


# The starter notebooks.


def starter(page):
    """Run the cells of a project's page that the command would run, and return the last one's `train`."""
    book = (ROOT / "book" / page).read_bytes()
    names = {}
    for cell in up_to_train(notebook.cells(book)):
        exec(compile(cell.source, page, "exec"), names)
    return names["train"]


def test_the_starter_notebooks_train_the_chapters_models():
    pytest.importorskip("matplotlib", reason="the pages draw with matplotlib, which is not installed")
    ours, theirs = starter("projects/better-language-model.ipynb"), language_model.chapter
    histories = [a[:t] for a in ARTICLES for t in range(3, len(a))]
    p = [train(ARTICLES, tuple("abcd"), 5)(histories) for train in (ours, theirs)]
    np.testing.assert_array_equal(*p)
    x, y, *_ = memory.sequences(8, 0, seed=0)
    params = [train(x, y, 2) for train in (starter("projects/longer-memory.ipynb"), memory.chapter)]
    for name in memory.NETWORK.shapes():
        np.testing.assert_array_equal(params[0][name], params[1][name])


@pytest.mark.parametrize("page", ["projects/better-language-model.ipynb", "projects/longer-memory.ipynb"])
def test_the_pages_show_the_rubric_and_a_hundred_points(page):
    text = "\n".join(cell.source for cell in nbformat.read(ROOT / "book" / page, as_version=4).cells)
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    assert sum(int(word) for word in rows if word.isdigit()) == 100
    assert "three times the seconds of the processor" in text
    assert f"{LONGEST:,} characters" in text


def test_the_chapters_network_is_the_one_with_a_hidden_layer(lesson):
    """An epoch of each, from the same seed: the project's baseline is the chapter's training, step for step."""
    articles = lesson[0][:5]
    rng = np.random.default_rng(1)
    model = NeuralLanguageModel(1645, 3, 30, 60, bias=True)
    x, y = (np.concatenate(part) for part in zip(*(ngrams(a, 3) for a in articles), strict=True))
    params = model.init(rng, dtype="float32")
    for epoch in range(5):
        rule = GradientDescent(1.5 / 2**epoch)
        params, _ = fit(model, params, x, y, rule, epochs=1, batch_size=32, rng=rng)
    history = [articles[0][:7]]
    p = language_model.chapter(articles, lesson[1], 1)(history)
    np.testing.assert_array_equal(p, model.forward(params, [history[0][-3:]])[0])


# What is run of a notebook, and the command's words.


def code(*sources):
    return [("code", source) for source in sources]


@pytest.mark.parametrize(
    ("cells", "count"),
    [
        (code("x = 1", "def train(): ...", "y = 2"), 2),
        (code("train = 1", "def train(): ...", "y = 2"), 2),
        (code("def f():\n    train = 1", "from m import chapter as train"), 2),
        (code("%pip install x\ndef train(): ...", "def (", "y"), 1),
        ([("markdown", "def train(): ..."), *code("train = lambda: 1")], 1),
    ],
)
def test_what_stands_below_train_is_not_run(cells, count):
    assert len(up_to_train(cells)) == count


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (code("x = 1"), "no cell of it defines train"),
        (code("def f():\n    train = 1"), "no cell of it defines train"),
        (code("W = [" + "0," * LONGEST + "]", "def train(): ..."), "50,000 are the most"),
    ],
)
def test_a_notebook_that_cannot_be_scored_is_told_why(cells, words):
    with pytest.raises(notebook.Unreadable, match=words):
        up_to_train(cells)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["score", "memory", "not-there.ipynb"], "expected a notebook or a folder, got not-there.ipynb"),
        (["score", "memory", "tests", "--memory", "5"], r"expected notebooks \(.ipynb\), found none in tests"),
        (["score", "memory", "book", "--memory", "0"], "--memory: expected a whole number above 0"),
        (["score", "language-model", "book", "--text", "no"], "No such file"),
        (["collect", "not-there"], "expected a folder with notebooks, got not-there"),
    ],
)
def test_bad_input_is_told_in_a_line(arguments, words, capsys, monkeypatch):
    pytest.importorskip("psutil", reason="nncourse score needs psutil, which is not installed")
    if "--text" in arguments:
        pytest.importorskip("gensim", reason="the articles come with gensim, which is not installed")
    monkeypatch.chdir(ROOT)
    assert command.main(arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"nncourse {arguments[0]}: ")
    with pytest.raises(ValueError, match=words):
        raise ValueError(error)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["score", "memory", "a.ipynb", "--seed", "-1"], "expected a whole number of 0 or more, got -1"),
        (["score", "memory", "a.ipynb", "--budget", "0"], "expected a positive number, got 0"),
        (["score", "memory"], "NOTEBOOK"),
        (["score", "poem", "a.ipynb"], "invalid choice"),
    ],
)
def test_options_are_checked(arguments, words, capsys):
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert words in capsys.readouterr().err
