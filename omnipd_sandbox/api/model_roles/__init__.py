"""Roles of members and groups on models."""
