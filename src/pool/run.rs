//! The run of a download: rows go out to the network, replies to the processors, and shards are written as they fill.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use ticclip_fetchers::client::{Client, ClientConfig, ClientError};
use ticclip_fetchers::source::{Reply, Request};

use super::PoolError;
use super::answer::{Answered, OptOut};
use super::finished::{ShardFiles, WORK_FOLDER};
use super::open_shard::OpenShard;
use super::outcome::{Outcome, State};
use super::parts::{PART_FILE, PartNote};
use super::rows::{Columns, ShardRows, Shards};
use super::stats::{PoolStats, STATS_FILE};
use crate::artefact::write_json;
use crate::download::{ImageOptions, Processor};
use crate::part::Part;
use crate::store::Store;

/// Shards that are open at once: while the last rows of one wait for slow servers, the next is under way.
const OPEN_SHARDS: usize = 3;
/// How often a processor without work looks whether the others have failed.
const LOOKS_UP_EVERY: Duration = Duration::from_millis(100);
/// What a pool is made of beside its shards, whose files have numbers for names.
const POOL_ENTRIES: [&str; 5] = [WORK_FOLDER, "claims", STATS_FILE, "sizes.json", PART_FILE];

/// The names of what a download leaves in `folder`: its own files, and the shards that are there.
///
/// # Errors
/// When the folder cannot be read.
pub fn pool_entries(folder: &Path) -> Result<Vec<String>, PoolError> {
    let mut entries: Vec<String> = POOL_ENTRIES.map(str::to_owned).into();
    if !folder.is_dir() {
        return Ok(entries);
    }
    for entry in std::fs::read_dir(folder).map_err(PoolError::io(folder))? {
        let name = entry.map_err(PoolError::io(folder))?.file_name();
        let name = name.to_string_lossy();
        let number = name.bytes().take_while(u8::is_ascii_digit).count();
        if number == 8 && [".tar", ".parquet", "_stats.json"].contains(&&name[number..]) {
            entries.push(name.into_owned());
        }
    }
    entries.sort();
    Ok(entries)
}

/// One manifest to be downloaded into one folder.
#[derive(Debug)]
pub struct PoolJob {
    /// The manifest's folder or file.
    pub manifest: PathBuf,
    /// Where the shards are to be.
    pub folder: PathBuf,
    /// Which shards are downloaded here.
    pub part: Part,
    /// A checksum of all that decides the bytes but the part.
    pub run: String,
    /// Rows of a shard.
    pub shard_size: usize,
    /// Only the first rows of the manifest.
    pub rows: Option<u64>,
    /// Which columns are looked at.
    pub columns: Columns,
    /// What becomes of the images.
    pub images: ImageOptions,
    /// Which images are left out as their sites ask for it.
    pub opt_out: OptOut,
    /// How servers are treated.
    pub client: ClientConfig,
    /// How many requests are under way at once.
    pub concurrency: usize,
    /// A longer file is left out.
    pub max_file_bytes: usize,
    /// How many images are processed at once.
    pub threads: usize,
    /// Where finished shards go, if they do not stay in the folder.
    pub store: Option<Store>,
}

/// What is told while the work goes on.
pub trait Progress: Sync {
    /// One more row is done; `downloaded` if its image is there.
    fn row(&self, downloaded: bool);
    /// So many rows were done in an earlier run.
    fn earlier(&self, rows: u64);
}

/// A reply on its way to a processor. The permit goes along: so many bodies are in memory as requests may be under way.
struct Arrival {
    shard: Arc<OpenShard>,
    row: u32,
    reply: Result<Reply, ClientError>,
    _permit: OwnedSemaphorePermit,
    _slot: Arc<OwnedSemaphorePermit>,
}

/// What all threads of a run share.
struct Shared<'a> {
    job: &'a PoolJob,
    progress: &'a dyn Progress,
    stopped: AtomicBool,
    error: Mutex<Option<PoolError>>,
    stats: Mutex<BTreeMap<u64, PoolStats>>,
}

impl PoolJob {
    /// Downloads what is not there yet.
    ///
    /// # Errors
    /// The manifest cannot be read, or the disk refuses.
    pub fn run(&self, progress: &dyn Progress) -> Result<PoolStats, PoolError> {
        let work = self.folder.join(WORK_FOLDER);
        std::fs::create_dir_all(&work).map_err(PoolError::io(&work))?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(PoolError::io(Path::new("network runtime")))?;
        let client = Arc::new(Client::new(self.client.clone())?);
        let shared = Shared {
            job: self,
            progress,
            stopped: AtomicBool::new(false),
            error: Mutex::new(None),
            stats: Mutex::new(BTreeMap::new()),
        };
        let (send, receive) = channel::<Arrival>();
        let receive = Mutex::new(receive);
        let mut shards = 0;
        std::thread::scope(|scope| {
            for _ in 0..self.threads.max(1) {
                scope.spawn(|| shared.process(&receive));
            }
            match self.feed(&shared, &runtime, &client, send) {
                Ok(fed) => shards = fed,
                Err(error) => shared.fail(error),
            }
        });
        // Requests that nobody waits for any more are dropped.
        runtime.shutdown_background();
        let error = shared
            .error
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = error {
            return Err(error);
        }
        let by_shard = shared
            .stats
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if !self.part.is_whole() {
            let (part, run) = (self.part, self.run.clone());
            PartNote { part, shards, run }.write(&self.folder)?;
        }
        let stats = conclude(&self.folder, &by_shard)?;
        if let Some(store) = &self.store {
            for name in ["sizes.json", PART_FILE, STATS_FILE] {
                let file = self.folder.join(name);
                if file.is_file() {
                    store.put(&file, name)?;
                }
            }
        }
        Ok(stats)
    }

    /// Sends the rows of all shards of this part out; answers how many shards the manifest has.
    fn feed(
        &self,
        shared: &Shared<'_>,
        runtime: &Runtime,
        client: &Arc<Client>,
        send: Sender<Arrival>,
    ) -> Result<u64, PoolError> {
        let permits = Arc::new(Semaphore::new(self.concurrency.max(1)));
        let slots = Arc::new(Semaphore::new(OPEN_SHARDS));
        let mut count = 0;
        let mut left = self.rows.unwrap_or(u64::MAX);
        for shard in Shards::open(&self.manifest, &self.columns, self.shard_size)? {
            let mut shard = shard?;
            shard
                .rows
                .truncate(usize::try_from(left).unwrap_or(usize::MAX));
            left -= shard.rows.len() as u64;
            if shard.rows.is_empty() || shared.stopped.load(Ordering::Relaxed) {
                break;
            }
            count = shard.index + 1;
            if !self.part.takes(shard.index) {
                continue;
            }
            // Semaphores are never closed, hence never an error.
            let Ok(slot) = runtime.block_on(Arc::clone(&slots).acquire_owned()) else {
                break;
            };
            if let Some(shard) = shared.open(shard)? {
                let slot = Arc::new(slot);
                for (row, url) in shared.questions(&shard)? {
                    let Ok(permit) = runtime.block_on(Arc::clone(&permits).acquire_owned()) else {
                        break;
                    };
                    if shared.stopped.load(Ordering::Relaxed) {
                        return Ok(count);
                    }
                    let request = Request::get(url, self.max_file_bytes);
                    let (client, send) = (Arc::clone(client), send.clone());
                    let (shard, slot) = (Arc::clone(&shard), Arc::clone(&slot));
                    runtime.spawn(async move {
                        let reply = client.send(&request).await;
                        // Nobody listens any more when a shard could not be written.
                        let _ = send.send(Arrival {
                            shard,
                            row,
                            reply,
                            _permit: permit,
                            _slot: slot,
                        });
                    });
                }
            }
        }
        Ok(count)
    }
}

/// Writes what sums the shards up.
pub(super) fn conclude(
    folder: &Path,
    by_shard: &BTreeMap<u64, PoolStats>,
) -> Result<PoolStats, PoolError> {
    let mut sum = PoolStats::default();
    let mut sizes = BTreeMap::new();
    for (index, stats) in by_shard {
        sum.add(stats);
        sizes.insert(format!("{index:08}.tar"), stats.successes);
    }
    write_json(&folder.join("sizes.json"), &sizes)?;
    write_json(&folder.join(STATS_FILE), &sum)?;
    Ok(sum)
}

impl Shared<'_> {
    fn fail(&self, error: PoolError) {
        self.stopped.store(true, Ordering::Relaxed);
        let mut first = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(error);
    }

    /// Opens a shard that is not finished.
    fn open(&self, rows: ShardRows) -> Result<Option<Arc<OpenShard>>, PoolError> {
        let files = ShardFiles::new(&self.job.folder, rows.index);
        if let Some(store) = &self.job.store {
            files.pull_stats(store)?;
        }
        let finished = files.read_stats().filter(|stats| !stats.has_failures());
        if let Some(stats) = finished {
            self.progress.earlier(stats.count);
            self.keep(rows.index, stats);
            return Ok(None);
        }
        if let Some(store) = self
            .job
            .store
            .as_ref()
            .filter(|_| files.read_stats().is_some())
        {
            files.pull_earlier(store)?;
        }
        let all = rows.rows.len();
        let shard = OpenShard::open(rows, &files.journal, files.earlier()?)?;
        self.progress
            .earlier((all - shard.open_rows().len()) as u64);
        Ok(Some(Arc::new(shard)))
    }

    /// The rows to be asked for. Those that cannot be asked for are settled at once.
    fn questions(&self, shard: &OpenShard) -> Result<Vec<(u32, Url)>, PoolError> {
        let (mut questions, mut last) = (Vec::new(), false);
        let mut seen = HashSet::new();
        let repeated: Vec<bool> = shard
            .rows
            .rows
            .iter()
            .map(|row| !seen.insert(row.uid))
            .collect();
        let open = shard.open_rows();
        last |= open.is_empty();
        for row in open {
            let image = &shard.rows.rows[row as usize];
            let url = Url::parse(image.url.trim()).ok();
            let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
            let (reason, detail) = match url {
                Some(url) if !repeated[row as usize] => {
                    questions.push((row, url));
                    continue;
                }
                Some(_) => (
                    "duplicate-uid",
                    "an earlier row of the shard has this uid".to_owned(),
                ),
                None => (
                    "forbidden-url",
                    format!("`{}` is not an http or https url", image.url),
                ),
            };
            let reason = reason.to_owned();
            let outcome = Outcome {
                row,
                state: State::Rejected { reason, detail },
                http_status: None,
                final_url: None,
                claims: Vec::new(),
            };
            self.progress.row(false);
            last |= shard.note(outcome, &[])?;
        }
        if last {
            self.write(shard)?;
        }
        Ok(questions)
    }

    /// Processes replies until there are no more.
    fn process(&self, arrivals: &Mutex<Receiver<Arrival>>) {
        let mut processor = Processor::new(self.job.images.clone());
        loop {
            let next = arrivals
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .recv_timeout(LOOKS_UP_EVERY);
            let arrival = match next {
                _ if self.stopped.load(Ordering::Relaxed) => return,
                Ok(arrival) => arrival,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if let Err(error) = self.take(arrival, &mut processor) {
                self.fail(error);
            }
        }
    }

    fn take(&self, arrival: Arrival, processor: &mut Processor) -> Result<(), PoolError> {
        let shard = &arrival.shard;
        let answered = Answered {
            number: arrival.row,
            row: &shard.rows.rows[arrival.row as usize],
            reply: arrival.reply,
        };
        let (outcome, image) = answered.settle(&self.job.opt_out, processor);
        self.progress
            .row(matches!(outcome.state, State::Downloaded(_)));
        if shard.note(outcome, &image)? {
            self.write(shard)?;
        }
        Ok(())
    }

    fn write(&self, shard: &OpenShard) -> Result<(), PoolError> {
        let files = ShardFiles::new(&self.job.folder, shard.index);
        let stats = files.write(shard)?;
        if let Some(store) = &self.job.store {
            files.push(store)?;
        }
        self.keep(shard.index, stats);
        Ok(())
    }

    fn keep(&self, index: u64, stats: PoolStats) {
        let mut all = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(index, stats);
    }
}
