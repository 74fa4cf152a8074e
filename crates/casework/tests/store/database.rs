//! Throw-away databases.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sea_orm::{ConnectionTrait, Database};
use yizheng_casework::store::{Desk, sqlite_url};

/// A SQLite file that goes away with the test.
pub struct SqliteFile(tempfile::TempDir);

impl SqliteFile {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn url(&self) -> String {
        sqlite_url(&self.0.path().join("yizheng.db"))
    }
}

/// A migrated, open store.
pub async fn desk(url: &str) -> Desk {
    Desk::migrate(url).await.unwrap();
    Desk::open(url).await.unwrap()
}

/// A PostgreSQL cluster of its own, on a socket in a folder of its own, that goes away with the
/// test.
pub struct Cluster {
    folder: tempfile::TempDir,
    programs: PathBuf,
    user: Option<&'static str>,
}

fn answer(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The folder of the server's programs: as `pg_config` says, where Debian puts them, or on the path.
fn programs() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = answer("pg_config", &["--bindir"]).map(PathBuf::from).into_iter().collect();
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    folders.into_iter().find(|folder| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file())
}

impl Cluster {
    /// Starts a cluster. `None`, and a line that says so, where PostgreSQL is missing; under
    /// `CI=true` that is a failure.
    pub fn start() -> Option<Self> {
        let user = match answer("id", &["-u"]).as_deref() {
            // The server refuses to run as root.
            Some("0") => ["postgres", "nobody"].into_iter().find(|user| answer("id", &["-u", user]).is_some()),
            _ => None,
        };
        let Some(programs) = programs() else {
            let missing = "PostgreSQL's server programs (initdb, pg_ctl) are missing: install them, on Debian with \
                           `apt-get install postgresql`";
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{missing}");
            println!("skipped: {missing}");
            return None;
        };
        let cluster = Self { folder: tempfile::tempdir().unwrap(), programs, user };
        if let Some(user) = user {
            assert!(Command::new("chown").arg(user).arg(cluster.folder.path()).status().unwrap().success());
        }
        let data = cluster.data();
        cluster.run("initdb", |initdb| {
            initdb.arg("-D").arg(&data).args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        });
        let socket = cluster.folder.path().display().to_string();
        cluster.run("pg_ctl", |start| {
            start.arg("-D").arg(&data).arg("-l").arg(cluster.folder.path().join("log")).arg("-w").arg("-o");
            start.arg(format!("-k {socket} -c listen_addresses='' -c fsync=off -c max_connections=60")).arg("start");
        });
        Some(cluster)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = match self.user {
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", user, "--"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        // Where the test runs need not be readable for the server's user.
        command.current_dir("/").stdout(Stdio::null());
        command
    }

    fn run(&self, program: &str, arguments: impl FnOnce(&mut Command)) {
        let mut command = self.command(&self.programs.join(program));
        arguments(&mut command);
        assert!(command.status().unwrap().success(), "{program} failed");
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.folder.path().display())
    }

    /// A new, empty database.
    pub async fn database(&self, name: &str) -> String {
        // PostgreSQL cuts names at 63 bytes.
        let name: String = name.chars().take(60).collect();
        let connection = Database::connect(self.url("postgres")).await.unwrap();
        connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        connection.close().await.unwrap();
        self.url(&name)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.data();
        let mut stop = self.command(&self.programs.join("pg_ctl"));
        let _ = stop.arg("-D").arg(data).args(["-m", "immediate", "-w", "stop"]).status();
    }
}
