"""How fast the proxy is, and what it costs, beside PostgreSQL itself and pgbouncer: `make bench`, or `python -m benchmarks`.

    measuring.py   the words: a Work has Cells; a Cell is measured at each Target in turns, one turn of all of them is a Round
    stage.py       PostgreSQL, pgbouncer and `maskgate serve` in a temporary folder; who logs in; the one way to run a program
    data.py        tables and their rows; rules.yaml says who sees what of them
    wire.py        clients of our own: many connections at once, and a reader that is never the slowest
    pgbench.py     runs of pgbench, and what they print
    relay.py       a relay that does nothing, as a target (--relay): what any proxy on asyncio costs at least
    works/         what is measured, one file a subject; scripts/ holds what pgbench runs
    report.py      medians, spreads and ratios as Markdown and JSON; plot.py draws them
    connections.py `make bench-connections`: idle, slow, vanished and hostile clients
"""
