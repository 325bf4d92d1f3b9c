"""Evaluation: parts with known defects, some of them painted, the rest judged; figures, tables and a page."""
