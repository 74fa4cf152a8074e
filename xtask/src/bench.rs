//! Speed and memory of the release build on generated data, side by side in one run, with the
//! machine: ratios carry over to other machines, single times do not.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use wait4::Wait4;

use crate::sh::{self, Result};

/// One measured run of a whole process.
struct Run {
    wall: f64,
    cpu: f64,
    peak_mib: f64,
}

/// Runs the benchmark and prints it; keeps it under docs/benchmarks/ when named.
pub fn run(rows: u32, keep: Option<&str>) -> Result<()> {
    let mut build = sh::cargo();
    sh::step("Release build", build.current_dir(sh::root()).args(["build", "--release", "--locked", "--package", "yizheng"]))?;
    let yizheng = sh::target_dir().join("release/yizheng");
    let folder = sh::target_dir().join("bench");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;

    let mut report = String::new();
    let _ = writeln!(report, "# Intake and measuring\n");
    let _ = writeln!(report, "Machine: {}.", machine());
    let _ = writeln!(report, "Program: `cargo xtask bench --rows {rows}`, release build. Whole processes, median of 3 runs after a warm-up.\n");
    let _ = writeln!(report, "## `yizheng check` of one CSV of 811 columns, all checks that the file itself decides\n");
    let _ = writeln!(report, "| file | rows | MB | wall s | CPU s | rows/s | MB/s | peak MiB | wall against clean |");
    let _ = writeln!(report, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");

    let region = folder.join("region");
    quiet("demo", Command::new(&yizheng).args(["demo", "--scale", "0.05", "--no-serve", "--data"]).arg(&region))?;
    let mut clean_wall = None;
    for (name, share) in [("clean", "0"), ("5 % bad", "0.05"), ("100 % bad", "1")] {
        let file = folder.join(format!("{}.csv", name.replace([' ', '%'], "")));
        quiet("make-file", Command::new(&yizheng).args(["make-file", "--rows", &rows.to_string(), "--bad", share]).arg(&file))?;
        let megabytes = file.metadata().map_err(|error| error.to_string())?.len() as f64 / 1e6;
        let runs = repeat(3, || {
            let mut check = Command::new(&yizheng);
            check.args(["check", "--dataset", "inpatient_front_page", "--format", "json", "--data"]).arg(&region).arg(&file);
            check
        })?;
        let run = median(runs);
        let clean = *clean_wall.get_or_insert(run.wall);
        let _ = writeln!(
            report,
            "| {name} | {rows} | {megabytes:.0} | {:.2} | {:.2} | {:.0} | {:.0} | {:.0} | {:.2} |",
            run.wall, run.cpu, f64::from(rows) / run.wall, megabytes / run.wall, run.peak_mib, run.wall / clean
        );
    }

    let _ = writeln!(report, "\n## Measuring the demo region (300,000 discharges, 24 months)\n");
    let whole = folder.join("whole");
    let demo = measure(Command::new(&yizheng).args(["demo", "--no-serve", "--data"]).arg(&whole))?;
    let _ = writeln!(report, "| step | wall s | CPU s | peak MiB |");
    let _ = writeln!(report, "| --- | ---: | ---: | ---: |");
    let _ = writeln!(report, "| whole demo: made, submitted, measured | {:.1} | {:.1} | {:.0} |", demo.wall, demo.cpu, demo.peak_mib);
    let values = |cold: bool| {
        let mut values = Command::new(&yizheng);
        if cold {
            let _ = std::fs::remove_dir_all(whole.join("lake/slices"));
        }
        values.args(["values", "--from", "2023-11", "--to", "2025-10", "--grain", "month", "--by", "institution", "--format", "csv", "--data"]).arg(&whole);
        values
    };
    let cold = measure(&mut values(true))?;
    let _ = writeln!(report, "| all indicators × institutions × months, slices from nothing | {:.2} | {:.2} | {:.0} |", cold.wall, cold.cpu, cold.peak_mib);
    let warm = median(repeat(3, || values(false))?);
    let _ = writeln!(report, "| the same from kept slices | {:.2} | {:.2} | {:.0} |", warm.wall, warm.cpu, warm.peak_mib);

    println!("{report}");
    if let Some(name) = keep {
        let path = sh::root().join("docs/benchmarks").join(format!("{name}.md"));
        std::fs::write(&path, report).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn quiet(what: &str, command: &mut Command) -> Result<()> {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().map_err(|error| format!("{what}: {error}"))?;
    // 1 says that the command ran and found something.
    if matches!(status.code(), Some(0 | 1)) { Ok(()) } else { Err(format!("{what} ended with {status}")) }
}

fn repeat(times: usize, mut command: impl FnMut() -> Command) -> Result<Vec<Run>> {
    measure(&mut command())?;
    (0..times).map(|_| measure(&mut command())).collect()
}

fn measure(command: &mut Command) -> Result<Run> {
    let start = Instant::now();
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(|error| error.to_string())?;
    let ended = child.wait4().map_err(|error| error.to_string())?;
    if !matches!(ended.status.code(), Some(0 | 1)) {
        return Err(format!("{command:?} ended with {}", ended.status));
    }
    Ok(Run {
        wall: start.elapsed().as_secs_f64(),
        cpu: (ended.rusage.utime + ended.rusage.stime).as_secs_f64(),
        peak_mib: ended.rusage.maxrss as f64 / 1024.0 / 1024.0,
    })
}

fn median(mut runs: Vec<Run>) -> Run {
    runs.sort_by(|a, b| a.wall.total_cmp(&b.wall));
    runs.remove(runs.len() / 2)
}

fn machine() -> String {
    let cpu = sh::read(Path::new("/proc/cpuinfo"))
        .ok()
        .and_then(|text| text.lines().find_map(|line| line.strip_prefix("model name").map(|name| name.trim_start_matches([' ', '\t', ':']).to_owned())))
        .unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores, {cpu}, {}; shared with other work, so compare within the run", std::env::consts::OS)
}
