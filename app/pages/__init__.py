"""The five pages and the frame around them. Each: View, build, Handlers, wire."""
