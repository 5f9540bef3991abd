"""Rows to measure at scale: many small tenants and a few that are very large, the same for the same seed.

Nothing here keeps a row: every fact is computed from its number, so memory does not grow with the rows.
"""
