from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path

DOORS = ("html", "api", "admin")
SIZES = [10_000, 1_000_000, 10_000_000]


def options_of(description: str | None) -> Namespace:
    """Those of the command line."""
    parser = ArgumentParser(description=description, formatter_class=RawDescriptionHelpFormatter)
    add = parser.add_argument
    # fmt: off
    add("--sizes", type=int, nargs="+", default=SIZES, metavar="MEMBERSHIPS", help="(default: 10 k, 1 M, 10 M)")
    add("--operations", nargs="+", default=[""], metavar="WORDS", help="only those with one of these in their name")
    add("--doors", nargs="+", choices=DOORS, default=DOORS)
    add("--reads", action="store_true", help="only what changes nothing")
    add("--clients", type=int, nargs="+", default=[1, 8], help="(default: 1 8)")
    add("--rounds", type=int, default=6, help="turns of each size (default: 6)")
    add("--requests", type=int, default=100, help="of each cell over the rounds (default: 100)")
    add("--seconds", type=float, default=1, help="that a turn takes at most (default: 1)")
    add("--minutes", type=float, default=90, help="after which it ends, seeding included (default: 90)")
    add("--again", type=Path, metavar="FILE", help="only what missed the bar by its p95 there; with the rest of it")
    add("--statements", action="store_true", help="tells the SQL of each at the largest size, in place of figures")
    add("--workers", type=int, default=2)
    add("--threads", type=int, default=8, help="blocking threads of a worker (default: 8)")
    add("--set", nargs="+", default=[], metavar="NAME=VALUE", help="settings of PostgreSQL")
    add("--keep", type=Path, metavar="FOLDER", help="keeps the seeded server there, and uses what is there")
    add("--json", type=Path, help="file for the results")
    add("--plot", type=Path, help="file for the plot (SVG)")
    # fmt: on
    options = parser.parse_args()
    options.sizes = sorted(set(options.sizes))
    return options
