//! Ten thousand lives of a license, each from its seed: paid, extended, paused, ended, used on two computers that lose their
//! network, their power, their clocks and sometimes their honesty. A life that breaks an invariant is printed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "other tests use the rest of it")]
mod fixture;
mod lives {
    mod computer;
    mod life;
    mod shop;
}
