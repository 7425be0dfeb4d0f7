"""Rows and queries: the only SQL of the project. Same nouns as the rules."""
