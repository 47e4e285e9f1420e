"""What is measured, a module a kind of work. A new module here is found by itself.

Each has ``GROUP``, the word of ``ONLY=`` that selects it together with its kind, and ``rows(bench)``, which does the work, prints nothing
and yields the table's lines as they come.
"""

from __future__ import annotations
