//! The fast evaluator: typed expressions over Arrow columns give masks and sums. Pure.
