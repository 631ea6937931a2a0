//! The web app at `/app/`. Its files are built from `web/app` and are part of this binary.

pub mod files;
pub mod negotiation;
pub mod pages;
