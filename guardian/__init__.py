"""Meeting guardian: the version of the package, and nothing else, so that importing it costs nothing."""

__version__ = "0.1.0"
