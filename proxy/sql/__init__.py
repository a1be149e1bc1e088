"""SQL: text in, spliced text out. PostgreSQL's own grammar judges; sqlglot builds what we write.

Passes, in order: `parse` (scan, limits, tree), `firewall` (what may be said), `scopes` (what names mean; `lookup`: one
reference), `sealed` (encrypted columns), `rewrite` and `splice` (edits to the text), `verify` (proof of the outcome).
`proxy.planner` runs them.
"""
