"""Rules that portal and client share.

Paths, names, placement, metadata, manifests, selections and ZIP archives.

Pure: the modules compute with values. They import the standard library, `langcodes`, and for speed `zlib_ng` where
installed; they open no sockets, read no clock and know neither Django nor the client. They run on Python 3.10 and
newer. `tests/unit/core/test_purity.py` verifies this.
"""
