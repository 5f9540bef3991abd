"""Memberships and events in partitions, on PostgreSQL: the same tables to the portal, in pieces to the database."""
