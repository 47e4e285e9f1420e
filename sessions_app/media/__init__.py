"""Media files, read by PyAV in a process without rights.

`client` starts the process and serves it ranges of a blob; `process` is its program. Nothing else imports PyAV. `reader` gets facts of a file, `maker` its derivatives.
"""

from __future__ import annotations
