"""Changes of modules for several processes: there are none here."""
