"""The peer's side of the measurements. Run in benchmarks/.peer-venv; reads and writes files only, knows no `core`."""
