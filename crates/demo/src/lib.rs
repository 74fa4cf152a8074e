//! An invented county-level region as files on disk. Writes files only; what it makes enters through submit, as a user's would.
