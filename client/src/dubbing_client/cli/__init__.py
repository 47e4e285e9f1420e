"""The command `dubs`: each command translates what was typed, calls the library, and translates back."""
