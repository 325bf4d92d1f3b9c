"""Help with painting: drafts of a defect from a rough stroke."""
