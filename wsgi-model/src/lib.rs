//! Typed, validated model of a WSGI app container: its variables, artifacts and actions.
