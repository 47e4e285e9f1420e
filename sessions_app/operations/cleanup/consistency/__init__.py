"""Consistency: check and repair denormalized values.

They are compared with the rows that they follow from.

Other use cases maintain these values in the transactions that change the rows. Calls no other use case.
"""
