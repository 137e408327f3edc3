"""Figures as they are asked for, and sets of them: read, drawn, held fresh."""
