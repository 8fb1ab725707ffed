"""Endpoints to come."""
