"""ZIP archives: layouts to write, and a strict reader for untrusted archives.

`layout` plans, `multipart` divides a plan into the parts of an upload, `reader` reads. Section numbers in these modules
refer to PKWARE's APPNOTE.TXT 6.3.10.
"""
