"""Start of the process that calls PyAV (`av`).

The interpreter knows neither the portal's folder nor its environment.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    importlib.import_module("sessions_app.media.process.server").main()
