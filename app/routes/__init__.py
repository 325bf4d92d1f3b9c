"""Plain HTTP routes beside the pages: image bytes, labels, jobs, scores. Each module has a `router()`."""
