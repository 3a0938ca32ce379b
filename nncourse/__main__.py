"""Run the command line: ``python -m nncourse collect FOLDER``."""

from nncourse.command import main

if __name__ == "__main__":
    raise SystemExit(main())
