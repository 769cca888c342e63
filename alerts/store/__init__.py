"""All SQL of alerts: one module a subject, one function a query. No rule stands here.

Order of locks, the same everywhere, so that nobody waits in a circle: the incident's row first (FOR NO KEY UPDATE,
which lets rows that point at it be inserted), then its escalations, then its notifications.
"""
