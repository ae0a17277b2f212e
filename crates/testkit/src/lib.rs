//! Fakes and fixtures shared by the tests.
