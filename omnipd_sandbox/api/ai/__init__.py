"""Conversations, credits, routines and evaluations."""
