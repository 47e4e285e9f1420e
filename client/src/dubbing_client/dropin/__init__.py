"""Drop-in replacement of the original session manager, on a local folder or a portal."""
