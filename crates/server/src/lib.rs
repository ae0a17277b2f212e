//! scrip-server: the vendor'"s
