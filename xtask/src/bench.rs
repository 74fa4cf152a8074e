//! Speed and memory of the release build on generated data, side by side in one run.
