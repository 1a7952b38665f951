"""Speed of smtpreply and its peers, on the same corpus."""
