//! Identifiers and their check characters (GB 11643, GB 32100, GB 11714, WS 218).
