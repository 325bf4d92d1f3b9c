"""What must survive: a workspace folder with a database, files named by their content, and caches."""
