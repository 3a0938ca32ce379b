"""Train Bengio's model with PyTorch, alone or in several processes, from a specification and a text.

    python -m nncourse.in_pytorch spec.json text.txt parameters.npz
    torchrun --nproc-per-node 2 -m nncourse.in_pytorch spec.json text.txt parameters.npz

The first process writes the parameters, which `nncourse.params.load` reads. A process that fails says why, and ends
with code 1; torchrun then ends the others.
"""

import argparse
import sys
from pathlib import Path

from nncourse import params, specification
from nncourse.in_pytorch import data_parallel


def main(arguments=None):
    """Train as the command line says, and return the exit code.

    Parameters
    ----------
    arguments : list of str, optional
        In place of those of the command line.
    """
    parser = argparse.ArgumentParser("nncourse.in_pytorch", description=__doc__.partition("\n")[0])
    parser.add_argument("specification", help="a JSON file; nncourse.specification.Specification has the fields")
    parser.add_argument("text", help="a text file in UTF-8, a sentence a line")
    parser.add_argument("parameters", help="the .npz file to write")
    parser.add_argument("--timeout", type=float, default=data_parallel.TIMEOUT, help="seconds to wait for others")
    asked = parser.parse_args(arguments)
    rank, P = data_parallel.processes()
    try:
        if not Path(asked.parameters).parent.is_dir():
            raise FileNotFoundError(f"{asked.parameters}: its folder does not exist")
        specified = specification.read(asked.specification)
        report = _print if rank == 0 else None
        trained, _ = data_parallel.train(specified, asked.text, timeout=asked.timeout, report=report)
        if rank == 0:
            params.save(asked.parameters, trained)
    except (ArithmeticError, ImportError, OSError, RuntimeError, TypeError, ValueError) as error:
        sys.stderr.write(f"process {rank} of {P}: {type(error).__name__}: {error}\n")  # at once: lines stay whole
        return 1
    return 0


def _print(epoch, loss):
    print(f"epoch {epoch}: loss {loss:.6f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
