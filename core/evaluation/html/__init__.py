"""An evaluation as one page: tables, curves, histograms and pictures in a single file that needs no network."""
