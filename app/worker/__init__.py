"""The processes that train and score: import core and the file classes of storage, never the database."""
