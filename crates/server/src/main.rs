//! The one binary `yizheng`.

fn main() -> std::process::ExitCode {
    yizheng::cli::run()
}
