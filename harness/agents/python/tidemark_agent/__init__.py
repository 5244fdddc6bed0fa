"""The part of Tidemark that runs inside a Python process under test.

Standard library only, one thread that sleeps in `accept`, no change to the application.
What is said over its socket is specified in PROTOCOL.md, one folder up from here.
"""
