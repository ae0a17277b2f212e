//! Authorization codes: issued behind a feature, verified strictly and offline.
