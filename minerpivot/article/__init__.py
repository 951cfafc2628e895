"""The fact check: rules that weigh the statements of an article."""
