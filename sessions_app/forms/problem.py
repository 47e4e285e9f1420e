"""A form that reports its first error."""

from __future__ import annotations

from django import forms


class ProblemForm(forms.Form):
    """Form whose page shows one error at a time."""

    @property
    def problem(self) -> str:
        """First error, as a sentence."""
        return str(next(iter(self.errors.values()))[0])
