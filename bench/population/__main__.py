"""Fill the empty database that the settings name.

``DATABASE_URL=... python -m bench.population 0.01``
"""

from __future__ import annotations

import argparse
import sys

import django
from django.core.management import call_command
from django.utils import timezone


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.population", description=__doc__)
    parser.add_argument(
        "factor", type=float, nargs="?", default=1.0, help="1 is 100,000 sessions (%(default)s)"
    )
    options = parser.parse_args()
    django.setup()
    # Models are imported after the set-up.
    from bench.population.portal import populate_database  # noqa: PLC0415 (after django.setup)
    from bench.population.scale import FULL  # noqa: PLC0415 (after django.setup)
    from sessions_app.models import DubbingSession  # noqa: PLC0415 (after django.setup)

    call_command("migrate", interactive=False, verbosity=0)
    if DubbingSession.objects.exists():
        print("This database has sessions. The generated ones need an empty one.", file=sys.stderr)
        return 1
    populate_database(FULL.by(options.factor) if options.factor != 1 else FULL, now=timezone.now())
    return 0


if __name__ == "__main__":
    sys.exit(main())
