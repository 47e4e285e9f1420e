"""Drop-in replacement of the original session manager."""
