"""The command line `dubs`, a layer on the library."""
