"""The query log. The door opens on its pure half: `event` and `chain`. Files: `sinks` and `search`, rank 5."""
