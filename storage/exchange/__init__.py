"""Paintings in other people's formats: pure functions between arrays and text. Nothing here touches a disk."""
