//! A cluster of processes, one of which is killed or falls silent in the middle.

use std::collections::HashSet;
use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use ticclip_engine::cluster::{ClusterError, Executor, Part, Scheduler, serve};
use ticclip_engine::{Bucket, Engine, EngineError, Limits, Plan};

use crate::tables::engine;

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// What this binary is to be instead of a test: a scheduler's port, and an executor's with its folder.
const PART: &str = "TICCLIP_ENGINE_PART";
const BUCKETS: u32 = 12;
/// A test takes a minute and a half.
const LONGEST: Duration = Duration::from_secs(6 * 60);

/// This binary runs itself as each part of the cluster.
#[test]
fn a_part_of_a_cluster_runs_where_the_environment_says_so() {
    let Ok(part) = std::env::var(PART) else {
        return;
    };
    tracing_subscriber::fmt().with_ansi(false).init();
    let words: Vec<&str> = part.split(' ').collect();
    let port = |word: &str| word.parse().expect("a port");
    let part = match words[..] {
        [scheduler] => Part::Scheduler(Scheduler {
            bind: LOCAL,
            port: port(scheduler),
        }),
        [scheduler, executor, work] => Part::Executor(Executor {
            scheduler: format!("df://127.0.0.1:{scheduler}"),
            bind: LOCAL,
            port: port(executor),
            host: None,
            tasks: 2,
            memory_bytes: 64 << 20,
            work: PathBuf::from(work),
        }),
        _ => panic!("no part: {part}"),
    };
    serve(&part).expect("served");
}

/// A process that does not outlive the test.
struct Process {
    child: Mutex<Child>,
    log: PathBuf,
}

impl Process {
    fn start(folder: &Path, name: &str, part: &str) -> Self {
        let log = folder.join(format!("{name}.log"));
        let file = File::create(&log).expect("a log");
        let child = Command::new(std::env::current_exe().expect("this binary"))
            .args([
                "--exact",
                "cluster::a_part_of_a_cluster_runs_where_the_environment_says_so",
            ])
            .arg("--nocapture")
            .env(PART, part)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a log"))
            .stderr(file)
            .spawn();
        Self {
            child: Mutex::new(child.expect("started")),
            log,
        }
    }

    fn kill(&self) {
        let mut child = self.child.lock().expect("not poisoned");
        child.kill().expect("killed");
        child.wait().expect("gone");
    }

    /// It is there and does nothing, not even to close its connections.
    fn freeze(&self) {
        let id = self.child.lock().expect("not poisoned").id().to_string();
        let status = Command::new("kill").args(["-STOP", &id]).status();
        assert!(status.expect("asked").success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.child.get_mut().expect("not poisoned");
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// A scheduler and two executors.
struct Cluster {
    url: String,
    scheduler: Process,
    first: Process,
    second: Process,
    folder: TempDir,
}

impl Cluster {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let [scheduler, first, second] = free_ports();
        let start = |name: &str, part: &str| Process::start(folder.path(), name, part);
        let executor = |name: &str, port: u16| {
            let work = folder.path().join(name);
            start(name, &format!("{scheduler} {port} {}", work.display()))
        };
        Self {
            url: format!("df://127.0.0.1:{scheduler}"),
            scheduler: start("scheduler", &scheduler.to_string()),
            first: executor("first", first),
            second: executor("second", second),
            folder,
        }
    }

    /// Ends it, and shows what it wrote.
    fn show(&self) {
        for process in [&self.scheduler, &self.first, &self.second] {
            process.kill();
            let log = std::fs::read_to_string(&process.log).expect("a log");
            eprintln!("== {}\n{log}", process.log.display());
        }
    }
}

/// Runs a test that fails when it takes too long. What waits for a cluster may wait forever.
fn on_a_cluster(test: impl FnOnce(&Cluster) + Send + 'static) {
    let cluster = Arc::new(Cluster::start());
    let (sender, ended) = mpsc::channel();
    let shared = Arc::clone(&cluster);
    let thread = std::thread::spawn(move || {
        test(&shared);
        drop(shared);
        sender.send(()).expect("somebody waits");
    });
    let ended = ended.recv_timeout(LONGEST);
    if ended.is_err() {
        cluster.show();
    }
    assert!(ended != Err(RecvTimeoutError::Timeout), "it does not end");
    thread.join().expect("a test that passes");
}

fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind((LOCAL, 0)).expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}

/// The folders of jobs that an executor has results of.
fn jobs(folder: &Path) -> HashSet<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.is_dir()).collect()
}

fn limits(folder: &Path) -> Limits {
    Limits {
        memory_bytes: 64 << 20,
        threads: 4,
        spill: folder.join("spill"),
    }
}

fn buckets(plan: &Plan) -> Vec<Bucket> {
    (0..BUCKETS)
        .map(|number| plan.bucket(number, BUCKETS).expect("a bucket"))
        .collect()
}

/// Rows do not change when the first executor is struck amid a job, and takes results along that the rest of it needs.
fn survives(strike: fn(&Process)) {
    on_a_cluster(move |cluster| {
        let folder = cluster.folder.path();
        let query = crate::limits::query(folder);
        let local = engine(folder).open(&query).expect("a plan");
        let expected = buckets(&local);
        let engine = Engine::cluster(&cluster.url, limits(folder)).expect("an engine");
        let plan = engine.open(&query).expect("a plan");
        assert_eq!(plan.rows().expect("counted"), 200_000);
        assert_eq!(plan.days().expect("days"), local.days().expect("days"));

        // One of them may come late.
        let [first, second] = ["first", "second"].map(|name| folder.join(name));
        let both = || !jobs(&first).is_empty() && !jobs(&second).is_empty();
        let begun = Instant::now();
        while !both() && begun.elapsed() < Duration::from_secs(120) {
            assert!(plan.bucket(0, BUCKETS).expect("a bucket") == expected[0]);
        }
        assert!(both(), "an executor does nothing");

        let ended = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let struck = scope.spawn(|| {
                let before = jobs(&first);
                // The first two stages read the tables, the third reads the results of one of them.
                let reads = |job: &PathBuf| job.join("2").is_dir();
                while !jobs(&first).difference(&before).any(reads) {
                    if ended.load(Ordering::Relaxed) {
                        return false;
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
                strike(&cluster.first);
                !ended.load(Ordering::Relaxed)
            });
            let found = buckets(&plan);
            ended.store(true, Ordering::Relaxed);
            assert!(found == expected);
            assert!(struck.join().expect("a thread that ends"), "not struck");
        });
    });
}

#[test]
fn an_executor_that_is_killed_changes_no_row() {
    survives(Process::kill);
}

#[test]
fn an_executor_that_falls_silent_changes_no_row() {
    survives(Process::freeze);
}

#[test]
fn an_address_that_is_none_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for url in [
        "127.0.0.1:50050",
        "http://127.0.0.1:50050",
        "df://127.0.0.1",
        "df:x",
        "",
    ] {
        let refused = Engine::cluster(url, limits(folder.path())).expect_err(url);
        assert!(
            matches!(refused, EngineError::Cluster(ClusterError::Url { .. })),
            "{url}"
        );
        assert!(refused.to_string().contains("df://HOST:PORT"), "{refused}");
    }
}
