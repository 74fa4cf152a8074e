//! `demo`, `serve`, and the two hidden helpers.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::{CliError, DataArg, Outcome};
use crate::api;
use crate::app::{Region, demo as region_demo};

#[derive(Args)]
pub struct DemoArgs {
    /// Folder of the demo region; a new folder for this run when not given. It must not hold
    /// anything else.
    #[arg(long = "data", value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Size: 1 is 300,000 discharges.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Seed of the generator: the same seed makes the same region.
    #[arg(long, default_value_t = 20_240_101)]
    seed: u64,
    /// Do not serve the pages afterwards.
    #[arg(long)]
    no_serve: bool,
    /// Address of the pages.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

/// `yizheng demo`.
pub fn demo(args: DemoArgs) -> Outcome {
    if !(args.scale > 0.0 && args.scale <= 100.0) {
        return Err(CliError::Failed("--scale takes a number above 0 and up to 100".into()));
    }
    let dir = args.dir.unwrap_or_else(|| PathBuf::from("yizheng-demo"));
    let region = region_demo::build(&dir, args.seed, args.scale).map_err(CliError::failed)?;
    if args.no_serve {
        eprintln!("\n打开页面：yizheng serve --data {}", dir.display());
        return Ok(());
    }
    listen(region, args.listen)
}

#[derive(Args)]
pub struct ServeArgs {
    #[command(flatten)]
    data: DataArg,
    /// Address; only a loopback one while there are no accounts.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

/// `yizheng serve`.
pub fn serve(args: ServeArgs) -> Outcome {
    let region = Region::open(&args.data.dir).map_err(CliError::failed)?;
    let removed = region.clear_away().map_err(CliError::failed)?;
    if removed > 0 {
        tracing::info!(removed, "files of interrupted submissions cleared away");
    }
    listen(region, args.listen)
}

fn listen(region: Region, address: SocketAddr) -> Outcome {
    if !address.ip().is_loopback() {
        return Err(CliError::Failed(format!(
            "{address} can be reached from other machines, and there are no accounts yet: listen on 127.0.0.1 or [::1]"
        )));
    }
    let runtime = region.runtime();
    let region = Arc::new(region);
    let temporary = region.dir().join("uploads");
    std::fs::create_dir_all(&temporary).map_err(CliError::failed)?;
    let settings = api::Settings {
        // There are no accounts yet: whoever reaches the loopback address is the region's regulator.
        scope: yizheng_pack::scope::Scope::whole_region("local"),
        temporary,
        max_upload: 2 << 30,
        origin: region.origin(),
    };
    region.watch().map_err(CliError::failed)?;
    region.keep_audit_head(chrono::Utc::now()).map_err(CliError::failed)?;
    keep_watching(Arc::clone(&region));
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind(address)
            .await
            .map_err(|error| CliError::Failed(format!("{address}: {error}; choose another with --listen")))?;
        let address = listener.local_addr().map_err(CliError::failed)?;
        println!("页面已就绪： http://{address}/  （按 Ctrl+C 停止）");
        axum::serve(listener, api::router(region, settings))
            .with_graceful_shutdown(async {
                // Without a signal handler the server simply runs until it is killed.
                let _ = tokio::signal::ctrl_c().await;
            })
            .await
            .map_err(CliError::failed)
    })
}

/// How often the region is looked at anew. What has not changed costs one query.
const WATCH_EVERY: std::time::Duration = std::time::Duration::from_secs(30);

/// Watches on a thread of its own for as long as the program runs: what is submitted here or by
/// another program, and deadlines that pass, become alerts without anybody looking.
fn keep_watching(region: Arc<Region>) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(WATCH_EVERY);
            match region.watch() {
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "alerts could not be brought up to date"),
            }
            if let Err(error) = region.keep_audit_head(chrono::Utc::now()) {
                tracing::error!(%error, "the head of the audit chain could not be kept");
            }
        }
    });
}

/// `yizheng openapi`.
pub fn openapi() -> Outcome {
    let text = api::openapi().to_pretty_json().map_err(CliError::failed)?;
    println!("{text}");
    Ok(())
}

#[derive(Args)]
pub struct MakeFileArgs {
    /// Rows.
    #[arg(long)]
    rows: u32,
    /// Share of rows with an error, 0 to 1.
    #[arg(long, default_value_t = 0.0)]
    bad: f64,
    /// Seed of the generator.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The file, csv.
    file: PathBuf,
}

/// `yizheng make-file`.
pub fn make_file(args: MakeFileArgs) -> Outcome {
    yizheng_demo::make_file(&args.file, args.seed, args.rows, args.bad).map_err(CliError::failed)
}
