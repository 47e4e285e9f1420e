"""Works to measure, one module each; new modules are found automatically.

Each has ``GROUP``, the word of ``ONLY=`` that selects it together with its kind, and ``rows(bench)``, which does the work, prints nothing
and yields the table's lines as they come.
"""

from __future__ import annotations
