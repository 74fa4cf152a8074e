//! Bytes of a submitted file to typed columns and findings.
