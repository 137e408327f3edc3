"""Values to text, tables and figures."""
