"""The training process: imports core and the file classes of storage, never the database."""
