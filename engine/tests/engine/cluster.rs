//! A cluster of processes, one of which is killed in the middle.

use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use ticclip_engine::cluster::{ClusterError, Executor, Part, Scheduler, serve};
use ticclip_engine::{Bucket, Engine, EngineError, Limits, Plan};

use crate::tables::engine;

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// What this binary is to be instead of a test: a scheduler's port, and an executor's with its folder.
const PART: &str = "TICCLIP_ENGINE_PART";
const BUCKETS: u32 = 12;

/// This binary runs itself as each part of the cluster.
#[test]
fn a_part_of_a_cluster_runs_where_the_environment_says_so() {
    let Ok(part) = std::env::var(PART) else {
        return;
    };
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
struct Process(Mutex<Child>);

impl Process {
    fn start(folder: &Path, name: &str, part: &str) -> Self {
        let log = std::fs::File::create(folder.join(format!("{name}.log"))).expect("a log");
        let child = Command::new(std::env::current_exe().expect("this binary"))
            .args([
                "--exact",
                "cluster::a_part_of_a_cluster_runs_where_the_environment_says_so",
            ])
            .arg("--nocapture")
            .env(PART, part)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn();
        Self(Mutex::new(child.expect("started")))
    }

    fn kill(&self) {
        let mut child = self.0.lock().expect("not poisoned");
        child.kill().expect("killed");
        child.wait().expect("gone");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.0.get_mut().expect("not poisoned");
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind((LOCAL, 0)).expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}

/// Whether an executor has results of a job.
fn worked(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.path().is_dir())
}

fn limits(folder: &Path) -> Limits {
    Limits {
        memory_bytes: 64 << 20,
        threads: 4,
        spill: folder.join("spill"),
    }
}

fn buckets(plan: &Plan, after: impl Fn(u32)) -> Vec<Bucket> {
    let bucket = |number| {
        let bucket = plan.bucket(number, BUCKETS).expect("a bucket");
        after(number);
        bucket
    };
    (0..BUCKETS).map(bucket).collect()
}

#[test]
fn an_executor_that_is_killed_changes_no_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let query = crate::limits::query(folder.path());
    let [scheduler_port, first_port, second_port] = free_ports();
    let executor = |name: &str, port: u16| {
        let work = folder.path().join(name);
        let part = format!("{scheduler_port} {port} {}", work.display());
        Process::start(folder.path(), name, &part)
    };
    let _scheduler = Process::start(folder.path(), "scheduler", &scheduler_port.to_string());
    let first = executor("first", first_port);
    let _second = executor("second", second_port);

    let local = engine(folder.path()).open(&query).expect("a plan");
    let expected = buckets(&local, |_| ());
    let url = format!("df://127.0.0.1:{scheduler_port}");
    let engine = Engine::cluster(&url, limits(folder.path())).expect("an engine");
    let plan = engine.open(&query).expect("a plan");
    assert_eq!(plan.rows().expect("counted"), 200_000);
    assert_eq!(plan.days().expect("days"), local.days().expect("days"));

    // One of them may come late.
    let both = || {
        ["first", "second"]
            .iter()
            .all(|name| worked(&folder.path().join(name)))
    };
    let begun = Instant::now();
    while !both() && begun.elapsed() < Duration::from_secs(120) {
        assert!(plan.bucket(0, BUCKETS).expect("a bucket") == expected[0]);
    }
    assert!(both(), "an executor does nothing");

    let done = AtomicU32::new(0);
    let found = std::thread::scope(|scope| {
        scope.spawn(|| {
            let begun = Instant::now();
            while done.load(Ordering::Relaxed) < 3 && begun.elapsed() < Duration::from_secs(120) {
                std::thread::sleep(Duration::from_millis(5));
            }
            // Amid the tasks of the next.
            std::thread::sleep(Duration::from_millis(100));
            first.kill();
        });
        buckets(&plan, |number| done.store(number + 1, Ordering::Relaxed))
    });
    assert!(found == expected);
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
