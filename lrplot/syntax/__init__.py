"""Text to plain trees that know where everything stands; nothing that a file says is run."""
