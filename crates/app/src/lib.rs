//! The use cases and local state of a customer computer, behind one typed command table.
