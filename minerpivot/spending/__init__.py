"""Hyperscaler capex: what was spent and what was said about it."""
