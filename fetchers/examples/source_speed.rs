//! How fast the sources read: `source_speed [FILE.wat.gz|FILE.npy|FILE.pkl]...` (release build).

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use ticclip_fetchers::claim::{Kind, Precision};
use ticclip_fetchers::config::Timestamps;
use ticclip_fetchers::source::{Key, Pair, Sink, TimestampSource};

/// A watch that counts the processor's time where the system tells it, so that other work does not count.
struct Watch {
    wall: Instant,
    busy: Option<u64>,
}

impl Watch {
    fn busy() -> Option<u64> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse().ok()
    }

    fn start() -> Self {
        Self {
            wall: Instant::now(),
            busy: Self::busy(),
        }
    }

    fn elapsed(&self) -> Duration {
        match (self.busy, Self::busy()) {
            (Some(from), Some(to)) => Duration::from_nanos(to - from),
            _ => self.wall.elapsed(),
        }
    }
}

/// Wants one key in a thousand, as a table that is small beside the archive does.
#[derive(Default)]
struct Few {
    asked: std::cell::Cell<u64>,
    taken: u64,
}

impl Sink for Few {
    fn wants(&self, key: Key) -> bool {
        self.asked.set(self.asked.get() + 1);
        key.0.is_multiple_of(1009)
    }

    fn take(&mut self, _: Key, _: DateTime<Utc>, _: Precision, _: Kind, _: &str) -> io::Result<()> {
        self.taken += 1;
        Ok(())
    }

    fn skip(&mut self, _: &str) {}
}

fn source(order: &str) -> Result<Box<dyn TimestampSource>, Box<dyn std::error::Error>> {
    let text = format!(
        "order = [\"{order}\"]\ncolumn = {{ name = \"when\", unit = \"iso-8601\", kind = \"posted\" }}\nuid-lists = {{ files = [\"*\"] }}\nwarc = {{ files = [\"*\"] }}"
    );
    let config: Timestamps = toml::from_str(&text)?;
    Ok(config.sources()?.remove(0))
}

fn rows(name: &str, cell: &str, image: &str) -> Result<String, Box<dyn std::error::Error>> {
    let source = source(name)?;
    let cells = BTreeMap::from([("when".to_owned(), cell.to_owned())]);
    let pair = Pair {
        uid: 0,
        cells: &cells,
        image,
        image_bytes: None,
    };
    let (calls, start) = (3_000_000, Watch::start());
    for _ in 0..calls {
        black_box(source.date(black_box(&pair)))?;
    }
    let nanos = start.elapsed().as_nanos() as f64 / f64::from(calls);
    Ok(format!("{name}: {nanos:.0} ns a row ({cell}{image})\n"))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut report = rows("column", "2019-05-17T10:11:12Z", "")?;
    report += &rows(
        "url-path",
        "",
        "https://cdn.example.org/wp-content/uploads/2019/05/a-cat-on-a-mat-300x200.jpg",
    )?;
    report += &rows(
        "url-path",
        "",
        "https://live.staticflickr.com/65535/48123456789_ab12cd34ef_b.jpg",
    )?;
    for file in std::env::args().skip(1) {
        let path = Path::new(&file);
        let source = source(if file.contains(".warc") {
            "warc"
        } else {
            "uid-lists"
        })?;
        let archive = source.archive().ok_or("the source has no files")?;
        let (mut few, start) = (Few::default(), Watch::start());
        archive.scan(path, &mut few)?;
        let seconds = start.elapsed().as_secs_f64();
        let bytes = path.metadata()?.len() as f64;
        report += &format!(
            "{file}: {:.0} MB/s, {} keys, {} taken\n",
            bytes / 1e6 / seconds,
            few.asked.get(),
            few.taken
        );
    }
    io::Write::write_all(&mut io::stdout(), report.as_bytes())?;
    Ok(())
}
