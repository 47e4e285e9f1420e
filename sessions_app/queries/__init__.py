"""Read-only queries of pages, API and operations. Filters what a user may see through `access`; changes nothing."""
