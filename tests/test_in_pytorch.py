"""The same networks in PyTorch: weights there and back, equal losses and gradients, and training by processes."""

import dataclasses
import importlib.util
import json
import os
import re
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from conftest import ROOT

from nncourse import params as mapping
from nncourse import specification as specifications
from nncourse.feedforward import FeedForward
from nncourse.in_pytorch import __main__ as command
from nncourse.in_pytorch import data_parallel, from_torch, loss_and_grad, to_torch
from nncourse.language_models import NeuralLanguageModel
from nncourse.optimizers import GradientDescent
from nncourse.recurrent import Elman, SimpleRNN
from nncourse.single_layer import SingleLayer
from nncourse.training import fit, fit_batches

HAS_TORCH = importlib.util.find_spec("torch") is not None
needs_torch = pytest.mark.skipif(not HAS_TORCH, reason="PyTorch is not installed: its modules cannot be compared")
needs_torchrun = pytest.mark.skipif(
    not HAS_TORCH or sys.platform == "win32",
    reason="torchrun is not there, or this is Windows, where its store may lack libuv",
)

ROUNDING = {"float64": 1e-12, "float32": 1e-5}  # of the largest entry; measured: 5e-16 and 6e-7 at most
SPECIFICATION = specifications.Specification(
    n=2,
    d1=5,
    d2=6,
    direct=True,
    bias=True,
    learning_rate=0.5,
    epochs=3,
    batch_size=7,
    seed=1,
    min_count=3,
    rare="<rare>",
    dtype="float64",
)


def unlike(p, q):
    """Return the largest difference of two mappings, as a share of the largest entry of its array."""
    assert list(p) == list(q)
    return max(float(np.max(np.abs(p[name] - q[name])) / np.max(np.abs(p[name]))) for name in p)


def zipf_text(path, lines, rng):
    """Write sentences of one to nine words, the most frequent words first."""
    words = np.array([f"w{chr(97 + i)}" for i in range(12)])
    chances = np.arange(12, 0, -1) ** 2.0
    sentences = [rng.choice(words, rng.integers(1, 10), p=chances / chances.sum()) for _ in range(lines)]
    path.write_text("\n".join(map(" ".join, sentences)) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = zipf_text(tmp_path_factory.mktemp("text") / "text.txt", 65, np.random.default_rng(0))
    task = specifications.prepare(SPECIFICATION, path)
    sizes = [len(y) for _, y in task.batches]
    assert sizes[0] % 2 == 1 == sizes[0] % 3, "no batch divides by 2 or 3"
    assert sizes[-1] < 3, "in the last batch a process of three has no row"
    assert task.batches.vocabulary.rare == "<rare>"
    return path


# --- the modules ---

RNG = np.random.default_rng(5)
WORDS, SEQUENCES = RNG.integers(0, 7, (9, 2)), RNG.normal(size=(5, 4, 3))
MASK = np.arange(5)[:, None] < np.array([5, 3, 1, 4])
SIGNS = RNG.choice([-1.0, 1.0], (9, 2))
CASES = {  # a model and a batch
    "classes": (
        FeedForward((3, 5, 4), ("tanh", "softmax"), "cross-entropy", bias=True),
        RNG.normal(size=(9, 3)),
        RNG.integers(0, 4, 9),
    ),
    "three layers": (
        FeedForward((3, 5, 4, 2), ("relu", "sigmoid", "tanh")),
        RNG.normal(size=(9, 3)),
        RNG.normal(size=(9, 2)),
    ),
    "squared softmax": (
        FeedForward((3, 2), ("softmax",), bias=True),
        RNG.normal(size=(9, 3)),
        RNG.normal(size=(9, 2)),
    ),
    "softmax inside": (
        FeedForward((3, 4, 2), ("softmax", "identity")),
        RNG.normal(size=(9, 3)),
        RNG.normal(size=(9, 2)),
    ),
    "logistic": (FeedForward((3, 4, 2), ("tanh", "identity"), "logistic"), RNG.normal(size=(9, 3)), SIGNS),
    "binary": (
        FeedForward((3, 4, 2), ("tanh", "sigmoid"), "binary cross-entropy", bias=True),
        RNG.normal(size=(9, 3)),
        SIGNS,
    ),
    "Bengio": (NeuralLanguageModel(7, 2, 3, 4), WORDS, RNG.integers(0, 7, 9)),
    "Bengio, bias": (NeuralLanguageModel(7, 2, 3, 4, bias=True), WORDS, RNG.integers(0, 7, 9)),
    "Bengio, all": (NeuralLanguageModel(7, 2, 3, 4, direct=True, bias=True), WORDS, RNG.integers(0, 7, 9)),
    "Bengio, direct": (NeuralLanguageModel(7, 2, 3, 0, direct=True), WORDS, RNG.integers(0, 7, 9)),
    "Bengio, output bias": (
        NeuralLanguageModel(7, 2, 3, 0, direct=True, bias=True),
        WORDS,
        RNG.integers(0, 7, 9),
    ),
    "RNN": (SimpleRNN((3, 4, 2), ("tanh", "identity")), SEQUENCES, RNG.normal(size=(5, 4, 2))),
    "RNN, masked": (
        SimpleRNN((3, 4, 2), ("tanh", "softmax"), "cross-entropy", bias=True),
        SEQUENCES,
        RNG.integers(0, 2, (5, 4)),
        MASK,
    ),
    "RNN, last": (
        SimpleRNN((3, 4, 2), ("relu", "sigmoid"), bias=True, at="last"),
        SEQUENCES,
        RNG.normal(size=(4, 2)),
        MASK,
    ),
    "RNN, ids": (
        SimpleRNN((3, 4, 3), ("tanh", "softmax"), "cross-entropy", bias=True),
        RNG.integers(0, 3, (5, 4)),
        RNG.integers(0, 3, (5, 4)),
    ),
}
each_case = pytest.mark.parametrize(("model", "batch"), [(m, b) for m, *b in CASES.values()], ids=CASES)
each_dtype = pytest.mark.parametrize("dtype", ROUNDING)


def drawn(model, rng, dtype="float64"):
    """Draw parameters without zeros, so that no entry can be forgotten."""
    return {name: rng.normal(size=shape).astype(dtype) for name, shape in model.shapes().items()}


@needs_torch
@each_dtype
@each_case
def test_weights_come_back_bit_by_bit_and_share_no_memory(model, batch, dtype, rng):
    params = drawn(model, rng, dtype)
    before = mapping.copy(params)
    module = to_torch(model, params)
    back = from_torch(module)
    assert list(back) == list(params)
    for name, W in params.items():
        np.testing.assert_array_equal(back[name], W, strict=True)
        assert not np.shares_memory(back[name], W)
        W += 1  # neither the module nor what came back may see it
        back[name] -= 1
    for name, W in from_torch(module).items():
        np.testing.assert_array_equal(W, before[name], strict=True)


@needs_torch
@each_dtype
@each_case
@pytest.mark.equation("S-2", "S-dL", "S-dl", "S-3", "S-fn2", "S-LL", "S-2.1", "S-2.1.1b")
def test_losses_and_gradients_are_equal(model, batch, dtype, rng):
    params = drawn(model, rng, dtype)
    loss, grads = model.loss_and_grad(params, *batch)
    their_loss, their_grads = loss_and_grad(to_torch(model, params), *batch)
    assert their_loss == pytest.approx(loss, rel=ROUNDING[dtype])
    assert unlike(grads, their_grads) < ROUNDING[dtype]
    assert {W.dtype.name for W in their_grads.values()} == {dtype}


@needs_torch
@each_case
def test_a_module_gives_the_scores_and_softmax_is_left_to_the_loss(model, batch, rng):
    torch = pytest.importorskip("torch")
    params, x = drawn(model, rng), batch[0]
    if isinstance(model, NeuralLanguageModel):
        scores, _ = model.scores(params, x)
    elif isinstance(model, SimpleRNN):
        scores = model.forward(params, x)[1].o
    else:
        scores = model.forward(params, x)[1][-1][1]
    theirs = to_torch(model, params)(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(theirs, scores, rtol=1e-12, atol=1e-14)


@needs_torch
def test_a_recurrent_network_goes_on_from_a_state_and_padding_does_not_matter(rng):
    torch = pytest.importorskip("torch")
    model, x, y, mask = CASES["RNN, masked"]
    params, state = drawn(model, rng), rng.normal(size=(4, 4))
    scores = to_torch(model, params)(torch.tensor(x), torch.tensor(state)).detach().numpy()
    np.testing.assert_allclose(scores, model.forward(params, x, state=state)[1].o, rtol=1e-12, atol=1e-14)
    dirty = np.where(mask[:, :, None], x, np.nan)
    loss, grads = loss_and_grad(to_torch(model, params), x, y, mask)
    same_loss, same_grads = loss_and_grad(to_torch(model, params), dirty, np.where(mask, y, 99), mask)
    assert loss == same_loss
    assert unlike(grads, same_grads) == 0


@needs_torch
@pytest.mark.parametrize("name", ["classes", "Bengio, all", "RNN, masked"])
def test_thirty_steps_of_sgd_are_thirty_steps_of_gradient_descent(name, rng):
    torch = pytest.importorskip("torch")
    model, x, y, *mask = CASES[name]
    start = model.init(rng)
    module = to_torch(model, start)
    optimizer = torch.optim.SGD(module.parameters(), 0.1)
    for _ in range(30):
        loss_and_grad(module, x, y, *mask)
        optimizer.step()
    params, _ = fit(model, start, x, y, GradientDescent(0.1), epochs=30, mask=mask[0] if mask else None)
    assert unlike(params, from_torch(module)) < 1e-12
    assert unlike(params, start) > 1e-3


@needs_torch
def test_the_second_bias_of_an_rnn_stays_at_zero_and_one_that_learned_is_not_lost_in_silence(rng):
    torch = pytest.importorskip("torch")
    model, *batch = CASES["RNN, masked"]
    module = to_torch(model, drawn(model, rng))
    second = module.rnn.bias_hh_l0
    assert not second.requires_grad
    assert not second.any()
    assert second.dtype == torch.float64
    second.requires_grad_(True)
    loss_and_grad(module, *batch)
    torch.optim.SGD(module.parameters(), 0.1).step()
    with pytest.raises(ValueError, match="second bias of zeros"):
        from_torch(module)


@needs_torch
def test_the_embedding_lies_as_numpy_reads_it(rng):
    model = NeuralLanguageModel(7, 2, 3, 4)
    assert from_torch(to_torch(model, model.init(rng)))["W1"].flags.f_contiguous


W = {"W1": np.ones((2, 3))}
SMALL = FeedForward((3, 2), ("identity",))
BAD = [
    (lambda: to_torch(SingleLayer((3, 2)), W), TypeError, "model: expected one of FeedForward, .* got SingleLayer"),
    (lambda: to_torch(Elman((2, 3, 1)), {}), TypeError, "got Elman"),
    (lambda: to_torch("FeedForward", W), TypeError, "got str"),
    (lambda: to_torch(SMALL, {"W1": W["W1"].T}), ValueError, r'params\["W1"\]: expected shape \(2, 3\)'),
    (lambda: to_torch(SMALL, {}), ValueError, r"expected the names \['W1'\]"),
    (lambda: to_torch(SMALL, {"W1": W["W1"].astype(np.float16)}), TypeError, "all float32, got float16"),
    (lambda: to_torch(SMALL, {"W1": W["W1"] * np.nan}), ValueError, "finite"),
    (
        lambda: to_torch(
            FeedForward((3, 2, 1), ("tanh", "tanh")), {"W1": np.ones((2, 3)), "W2": np.ones((1, 2), np.float32)}
        ),
        TypeError,
        "all float64 or all float32, got float32, float64",
    ),
    (
        lambda: to_torch(model := SimpleRNN((3, 4, 2), ("sigmoid", "identity")), model.init(RNG)),
        ValueError,
        "expected tanh or relu as .*, got sigmoid",
    ),
    (lambda: from_torch(W), TypeError, "module: expected one that to_torch gave, got dict"),
    (lambda: loss_and_grad(None, 1, 1), TypeError, "got NoneType"),
    (lambda: loss_and_grad(to_torch(SMALL, W), np.ones((5, 2)), np.ones((5, 2))), ValueError, r"x: .*\(n, 3\)"),
    (
        lambda: loss_and_grad(to_torch(SMALL, W), np.ones((5, 3)), np.ones((5, 2)), MASK),
        TypeError,
        "mask: expected",
    ),
]


@needs_torch
@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_what_does_not_fit_is_said(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_without_pytorch_all_can_be_imported_and_the_message_helps(tmp_path):
    small = json.dumps(dataclasses.asdict(SPECIFICATION))
    (tmp_path / "spec.json").write_text(small, encoding="utf-8")
    (tmp_path / "text.txt").write_text("a b c d a b c d a b c d\n" * 3, encoding="utf-8")
    code = """
import sys
sys.modules["torch"] = None  # as if it were not installed
from nncourse import in_pytorch
from nncourse.in_pytorch import __main__, data_parallel, modules
from nncourse.feedforward import FeedForward
calls = [
    lambda: in_pytorch.to_torch(FeedForward((1, 1), ("tanh",)), {"W1": [[1.0]]}),
    lambda: modules.TorchFeedForward(FeedForward((1, 1), ("tanh",))),
]
for call in calls:
    try:
        call()
    except ModuleNotFoundError as error:
        print(error)
print(__main__.main(["spec.json", "text.txt", "parameters.npz"]))
"""
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path, env=env
    )
    assert done.stdout.count("pip install torch") == 2, done.stderr
    assert done.stdout.endswith("\n1\n")
    assert done.stderr.startswith("process 0 of 1: ModuleNotFoundError: This comparison needs PyTorch")
    assert not (tmp_path / "parameters.npz").exists()


# --- the specification ---


def written(path, **changes):
    """Write the specification with changes; a field that becomes ... is left out."""
    fields = dataclasses.asdict(SPECIFICATION) | changes
    path.write_text(json.dumps({k: v for k, v in fields.items() if v is not ...}), encoding="utf-8")
    return path


def test_a_specification_comes_back_from_its_file(tmp_path):
    assert specifications.read(written(tmp_path / "s.json")) == SPECIFICATION
    assert specifications.read(written(tmp_path / "s.json", learning_rate=1, rare=None)).rare is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n": ...}, "n: missing"),
        ({"n": ..., "seed": ...}, "n, seed: missing"),
        ({"batchsize": 3}, "batchsize: unknown; the fields are n, d1"),
        ({"n": 2.0}, "n: expected a whole number"),
        ({"n": True}, "n: expected a whole number"),
        ({"n": 0}, "n: expected .* above 0"),
        ({"d1": "5"}, "d1: expected a whole number"),
        ({"d2": -1}, "d2: "),
        ({"d2": 0, "direct": False}, "d2: "),
        ({"d2": False}, "d2: expected a whole number"),
        ({"direct": 1}, "direct: expected True or False"),
        ({"bias": "yes"}, "bias: expected True or False"),
        ({"learning_rate": "0.1"}, "learning_rate: expected a number"),
        ({"learning_rate": 0}, "learning_rate: "),
        ({"learning_rate": float("nan")}, "learning_rate: "),
        ({"epochs": 1.5}, "epochs: "),
        ({"batch_size": None}, "batch_size: "),
        ({"seed": -1}, "seed: expected a whole number, 0 or above"),
        ({"seed": 1.0}, "seed: "),
        ({"seed": True}, "seed: "),
        ({"min_count": 0}, "min_count: "),
        ({"rare": ""}, "rare: expected a word"),
        ({"rare": "two words"}, "rare: expected a word"),
        ({"rare": 3}, "rare: expected a word"),
        ({"dtype": "float16"}, "dtype: expected 'float64' or 'float32'"),
        ({"dtype": ["float64"]}, "dtype: "),
    ],
)
def test_a_wrong_specification_names_the_file_and_the_field(changes, words, tmp_path):
    with pytest.raises(ValueError, match=rf"wrong\.json: {words}"):
        specifications.read(written(tmp_path / "wrong.json", **changes))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Expecting value"),
        (b"[1, 2]", "expected an object of fields"),
        (b"{'n': 2}", "Expecting property name"),
        (b'{"n": 2, "n": 3}', "n: expected once, got it twice"),
        (b'\xff{"n": 2}', "codec"),
    ],
)
def test_a_file_that_is_no_specification_is_refused(content, words, tmp_path):
    path = tmp_path / "wrong.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"wrong\.json: .*{words}"):
        specifications.read(path)
    with pytest.raises(FileNotFoundError):
        specifications.read(tmp_path / "none.json")


def test_training_from_a_specification_is_fit_batches_and_can_be_done_again(text):
    params, history = specifications.train(SPECIFICATION, text)
    task = specifications.prepare(SPECIFICATION, text)
    again, same = fit_batches(*task, GradientDescent(0.5), epochs=3)
    assert unlike(params, again) == 0
    assert history == same
    assert history.loss[-1] < history.loss[0]
    assert {W.dtype for W in params.values()} == {np.dtype("float64")}
    single = dataclasses.replace(SPECIFICATION, dtype="float32")
    assert {W.dtype for W in specifications.train(single, text)[0].values()} == {np.dtype("float32")}
    other = dataclasses.replace(SPECIFICATION, seed=2)
    assert unlike(params, specifications.train(other, text)[0]) > 1e-3


def test_the_text_is_never_whole_in_memory(tmp_path):
    path, long_word = tmp_path / "long.txt", "thedogseesthecat" * 10
    path.write_text(f"the {long_word} sees the cat\n" * 4000, encoding="utf-8")
    tracemalloc.start()
    task = specifications.prepare(dataclasses.replace(SPECIFICATION, min_count=1), path)
    assert sum(len(y) for _, y in task.batches) == 3 * 4000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < path.stat().st_size / 4


def test_a_text_without_examples_is_refused(tmp_path):
    (tmp_path / "short.txt").write_text("a b\n" * 9, encoding="utf-8")
    with pytest.raises(ValueError, match="batches: expected at least one"):
        specifications.train(SPECIFICATION, tmp_path / "short.txt")
    (tmp_path / "empty.txt").write_text("\n", encoding="utf-8")
    with pytest.raises(ValueError, match="expected some words"):
        specifications.train(SPECIFICATION, tmp_path / "empty.txt")


# --- one process ---


@needs_torch
@pytest.mark.parametrize("changes", [{}, {"d2": 0}, {"direct": False, "bias": False}, {"dtype": "float32"}])
def test_one_process_gives_the_parameters_of_numpy(text, changes):
    specified = dataclasses.replace(SPECIFICATION, **changes)
    wanted, history = specifications.train(specified, text)
    seen = []
    got, losses = data_parallel.train(specified, text, report=lambda *epoch: seen.append(epoch))
    assert unlike(wanted, got) < ROUNDING[specified.dtype]
    assert losses.loss == pytest.approx(history.loss, rel=ROUNDING[specified.dtype])
    assert seen == list(enumerate(losses.loss, start=1))


@needs_torch
@pytest.mark.parametrize("P", [1, 2, 3, 5])
def test_the_mean_of_the_shares_is_the_batch_and_the_mean_of_means_is_not(P, rng):
    torch = pytest.importorskip("torch")
    model, x, y = CASES["Bengio, all"]
    module = to_torch(model, drawn(model, rng))
    _, wanted = loss_and_grad(module, x, y)
    shares, means = [], []
    for rank in range(P):
        module.zero_grad()
        mine = torch.tensor(x[rank::P]), torch.tensor(y[rank::P])
        data_parallel.share_of_loss(module, *mine, len(y), P).backward()
        shares.append(module.output.weight.grad.clone())
        means.append(torch.tensor(loss_and_grad(module, x[rank::P], y[rank::P])[1]["W3"][:, 1:]))
    right, naive = sum(shares) / P, sum(means) / P
    wanted = torch.tensor(wanted["W3"][:, 1:])
    torch.testing.assert_close(right, wanted, rtol=1e-12, atol=1e-14)
    assert torch.allclose(naive, wanted, rtol=1e-6) == (P in (1, 3)), "nine rows divide by 1 and 3 only"


@needs_torch
def test_a_process_without_rows_adds_zeros_and_no_nan(rng):
    torch = pytest.importorskip("torch")
    model, *_ = CASES["Bengio, all"]
    module = to_torch(model, drawn(model, rng))
    nothing = torch.zeros(0, 2, dtype=torch.int64), torch.zeros(0, dtype=torch.int64)
    share = data_parallel.share_of_loss(module, *nothing, 2, 3)
    share.backward()
    assert share == 0
    assert all(not W.grad.any() for W in module.parameters())


def called(*arguments, capsys):
    code = command.main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return code, out, err


@needs_torch
def test_the_command_writes_what_numpy_opens(text, tmp_path, capsys):
    code, out, err = called(written(tmp_path / "s.json"), text, tmp_path / "p.npz", capsys=capsys)
    assert (code, err) == (0, "")
    wanted, history = specifications.train(SPECIFICATION, text)
    assert out == "".join(f"epoch {i}: loss {loss:.6f}\n" for i, loss in enumerate(history.loss, start=1))
    assert unlike(wanted, mapping.load(tmp_path / "p.npz")) < 1e-12
    with np.load(tmp_path / "p.npz") as opened:
        assert set(opened) == set(wanted)


@needs_torch
@pytest.mark.parametrize(
    ("changes", "files", "words"),
    [
        ({"n": 0}, {}, r"ValueError: .*s\.json: n: "),
        ({}, {"text": "none.txt"}, r"FileNotFoundError: .*none\.txt"),
        ({}, {"parameters": "none/p.npz"}, r"FileNotFoundError: .*p\.npz: its folder does not exist"),
        ({"learning_rate": 1e200}, {}, r"FloatingPointError: training diverged in epoch 1"),
        ({"min_count": 10_000, "rare": None}, {}, r"ValueError: min_count: "),
        ({"n": 40}, {}, r"ValueError: text: expected a line with more than n words"),
    ],
)
def test_a_failing_command_says_why_and_writes_nothing(changes, files, words, text, tmp_path, capsys):
    paths = {"text": text, "parameters": "p.npz"} | files
    path = written(tmp_path / "s.json", **changes)
    code, out, err = called(path, tmp_path / paths["text"], tmp_path / paths["parameters"], capsys=capsys)
    assert (code, out) == (1, "")
    assert re.match(f"process 0 of 1: {words}", err)
    assert err.count("\n") == 1
    assert not list(tmp_path.glob("*p.npz*"))


# --- several processes ---


def torchrun(P, *arguments, folder, seconds=100):
    """Start P processes on this machine, without a name service, as the chapter does."""
    where = ["--standalone", "--local-addr", "127.0.0.1", "--nproc-per-node", P]
    line = [sys.executable, "-m", "torch.distributed.run", *where, *arguments]
    env = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*map(str, line)], capture_output=True, text=True, check=False, cwd=folder, env=env, timeout=seconds
    )


@needs_torchrun
def test_two_processes_give_the_parameters_of_one(text, tmp_path):
    written(tmp_path / "s.json")
    done = torchrun(2, "-m", "nncourse.in_pytorch", "s.json", text, "p.npz", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    wanted, history = specifications.train(SPECIFICATION, text)
    assert unlike(wanted, mapping.load(tmp_path / "p.npz")) < 1e-12  # measured: 6e-16
    assert done.stdout == "".join(f"epoch {i}: loss {loss:.6f}\n" for i, loss in enumerate(history.loss, start=1))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.npz", "s.json"]


SEVERAL = """
import sys
from nncourse import params, specification
from nncourse.in_pytorch import data_parallel
from nncourse.peers import import_torch

def mean_of_own_rows(network, x, y, rows, P):
    scores = network(x.long())
    loss = import_torch().nn.functional.cross_entropy(scores, y.long(), reduction="sum")
    return loss / max(1, len(y))

rank, P = data_parallel.processes()
specified, text = specification.read("s.json"), sys.argv[1]
right, history = data_parallel.train(specified, text)
params.save(f"right{rank}.npz", right)
other = "other.txt" if rank == 1 else text
try:
    data_parallel.train(specified, other)
except ValueError as error:
    print(f"{rank}: {error}\\n", end="")
data_parallel.share_of_loss = mean_of_own_rows
naive, _ = data_parallel.train(specified, text)
params.save(f"naive{rank}.npz", naive)
"""


@needs_torchrun
def test_three_processes_with_batches_that_do_not_divide_and_what_breaks_without_weights(text, tmp_path):
    written(tmp_path / "s.json")
    (tmp_path / "several.py").write_text(SEVERAL, encoding="utf-8")
    (tmp_path / "other.txt").write_text(
        text.read_text(encoding="utf-8").replace("wa wb", "wb wa"), encoding="utf-8"
    )
    done = torchrun(3, "several.py", text, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    wanted, _ = specifications.train(SPECIFICATION, text)
    right = [mapping.load(tmp_path / f"right{rank}.npz") for rank in range(3)]
    assert max(unlike(wanted, params) for params in right) < 1e-12
    assert unlike(right[0], right[1]) == unlike(right[0], right[2]) == 0
    words = "text: expected the same in all processes, got another one in process 1"
    assert sorted(done.stdout.splitlines()) == [f"{rank}: {words}" for rank in range(3)]
    assert 1e-3 < unlike(wanted, mapping.load(tmp_path / "naive0.npz")) < 1


FAILING = """
import os, sys, time
from nncourse.in_pytorch import __main__, data_parallel

share = data_parallel.share_of_loss

def fails(*arguments):
    if data_parallel.processes()[0] == 1:
        if sys.argv[1] == "stuck":
            time.sleep(1000)
        os._exit(3)
    return share(*arguments)

data_parallel.share_of_loss = fails
sys.exit(__main__.main(sys.argv[2:]))
"""


@needs_torchrun
@pytest.mark.parametrize("how", ["stuck", "gone"])
def test_a_process_that_is_stuck_or_gone_ends_all(how, text, tmp_path):
    written(tmp_path / "s.json")
    (tmp_path / "failing.py").write_text(FAILING, encoding="utf-8")
    done = torchrun(2, "failing.py", how, "s.json", text, "p.npz", "--timeout", 3, folder=tmp_path, seconds=60)
    assert done.returncode == 1
    if how == "stuck":
        assert "process 0 of 2: RuntimeError: " in done.stderr
    assert not (tmp_path / "p.npz").exists()
