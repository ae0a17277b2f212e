//! Installs verified artifacts: staged, journaled, and undone when interrupted.
