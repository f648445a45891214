"""How operators are exported: they are not, here."""
