"""Accounts: users that operators create, access tokens, storage quotas.

Throttles of sign-in, mails that reset passwords. Owns the rows of `AccessToken` and `ThrottleHit`; the pages for sign-up, sign-in
and passwords belong to django-allauth. Calls no other use case.
"""
