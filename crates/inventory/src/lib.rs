//! Which programs are installed on this computer, and how we know.
