"""The sample shop: its tables, made-up customers, and the guided tour of `maskgate demo`."""
