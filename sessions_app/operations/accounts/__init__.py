"""Accounts: users that operators create, access tokens, storage quotas.

Owns the rows of `AccessToken`; sign-up, sign-in and passwords belong to django-allauth. Calls no other use case.
"""
