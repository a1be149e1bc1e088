"""Maskgate: for each caller, every protected relation behaves as if it were a view showing that caller's version of it.

Everything else is PostgreSQL, byte for byte; what cannot be kept true is refused, with a reason.

Where to find what. A module imports only from lower ranks or its own room (`tests/test_architecture.py`); ranks 0 to 4 do no
I/O: time, randomness and keys are arguments, and what needs I/O is returned as an action.

    0  errors.py, caller.py, encodings.py the words every room shares: errors with their SQLSTATE, who asks, the frozen
       plan.py, catalog/snapshot.py,      decision for one statement, the catalog as a value, what a mask is, the answer
       masking/mask.py, policy/verdict.py "may this caller see this relation"
    1  wire/      bytes <-> frames and messages (layout: what those are made of); SCRAM on both sides
       sql/       one statement, in passes: parse, firewall (allowed, settings, temporary), scopes (lookup) -> reading, sealed,
                  rewrite (items, writes, couplings), splice, verify; build writes our SQL, condition the rules' row
                  conditions, bodies reads functions for `check`; literals tells which of them a plan does not depend on
       masking/   families of masks; each is a SQL expression and its Python twin
       crypto/    sealed values (AES-256-GCM, AES-SIV) and the key ring
    2  policy/    text of masking_rules/*.yaml -> Ruleset; (role, relation) -> Verdict: decide, for views by column, writing;
                  check and functions say what of it does not fit a catalog
       guard.py   the export guard's budget;  audit/  events and their hash chain
    3  planner/   statement x caller x snapshot x rules -> Plan: one file a kind of caller (glass, keyed, restricted);
                  templates gives the plan of a statement to those that differ in literals only
    4  session/   one conversation as a value machine: bytes in, actions out. machine is the door, client and replies its
                  two sides, ledger what both write in, naming and sqlnames what names mean, refusing and stopping say no,
                  express is the usual case in one step; startup is the way in, admin the proxy's own database, slots what
                  is expected, rows and reports what becomes of rows and errors
    5  catalog/ (loader, functions), crypto/providers.py, audit/sinks.py, server/      the edges that do I/O
    6  config.py, cli/   the composition root (serve), the supervisor and its workers, and the commands

The way of one statement: `server` hands bytes to `session.machine`, which cuts frames (`wire`), asks the `planner` for a Plan,
queues a slot for the expected reply (of the usual case `express` keeps it) and returns actions; `server` writes the events to
the log, then the bytes to PostgreSQL. Replies meet the front slot: rows are counted and passed as they are, or opened
and masked where the Plan says so.
"""
