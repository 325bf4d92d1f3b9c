"""What the command line can do, one module per kind of work. Nothing heavy is imported before it is needed."""
