"""How fast smtpreply is, beside its peers, on one and the same corpus."""
