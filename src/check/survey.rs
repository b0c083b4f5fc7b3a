//! Survey: the folder of a set, its tars, and what the files beside them say.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::finding::{Finding, FindingKind};
use super::set::{BenchmarkSet, Claim, SetKind, Tar};

/// Records are small; what is larger is something else.
const MOST_RECORD_BYTES: u64 = 64 << 20;
/// Tars that are promised behind the last one there is are named up to so many.
const MOST_MISSING: u64 = 100;

/// What DataComp's resharder says about a set.
#[derive(Deserialize)]
struct Meta {
    output_shard_count: Option<u64>,
    output_count: Option<u64>,
}

/// What img2dataset says about a tar.
#[derive(Deserialize)]
struct TarStats {
    successes: Option<u64>,
}

/// Looks at the folder of a set.
struct Survey<'a> {
    root: &'a Path,
    set: BenchmarkSet,
    findings: &'a mut Vec<Finding>,
}

impl BenchmarkSet {
    /// The set of this kind and step below `root`, whose `steps.json` says how many samples it has; what is wrong with its files goes
    /// into `findings`.
    pub(super) fn survey(
        root: &Path,
        kind: SetKind,
        (step, step_name): (usize, &str),
        said: Option<u64>,
        findings: &mut Vec<Finding>,
    ) -> io::Result<Self> {
        let said = said.map(|count| Claim {
            file: "steps.json".to_owned(),
            count,
        });
        let mut survey = Survey {
            root,
            set: Self {
                kind,
                step,
                step_name: step_name.to_owned(),
                tars: Vec::new(),
                claims: said.into_iter().collect(),
                classes: None,
                incomplete: false,
            },
            findings,
        };
        survey.look()?;
        Ok(survey.set)
    }
}

impl Survey<'_> {
    fn look(&mut self) -> io::Result<()> {
        let folder = self
            .root
            .join(self.set.kind.folder())
            .join(&self.set.step_name);
        if !folder.is_dir() {
            let said = self.set.claims.iter().any(|claim| claim.count > 0);
            if said {
                self.set.incomplete = true;
                let place = self.set.place();
                let detail = format!("{} is no folder", self.name(""));
                self.findings
                    .push(Finding::at(FindingKind::MissingSet, place, detail));
            }
            return Ok(());
        }
        let mut below = self.set.kind.tars();
        if !folder.join(below).is_dir() {
            below = "";
        }
        let there = tars_in(&folder.join(below))?;
        match self.set.kind {
            SetKind::Train => self.sizes(&folder, there),
            SetKind::Retrieval | SetKind::Classification => self.numbered(&folder, below, there),
        }
        if self.set.kind == SetKind::Classification {
            self.set.classes = std::fs::read_to_string(folder.join("classnames.txt"))
                .ok()
                .map(|text| text.lines().filter(|line| !line.trim().is_empty()).count());
        }
        let meta: Option<Meta> = self.json(&folder, "meta.json");
        let (tars, samples) = meta.map_or((None, None), |meta| {
            (meta.output_shard_count, meta.output_count)
        });
        self.set.claims.extend(samples.map(|count| Claim {
            file: "meta.json".to_owned(),
            count,
        }));
        if let Some(count) = tars {
            self.compare_tars("meta.json", count);
        }
        Ok(())
    }

    /// A file of the set, below the benchmark's folder.
    fn name(&self, file: &str) -> String {
        let (kind, step) = (self.set.kind.folder(), &self.set.step_name);
        format!("{kind}/{step}/{file}")
            .trim_end_matches('/')
            .to_owned()
    }

    fn say(&mut self, kind: FindingKind, file: &str, detail: impl AsRef<str>) {
        let place = self.set.place_of(&self.name(file));
        self.findings.push(Finding::at(kind, place, detail));
    }

    fn add_tar(&mut self, folder: &Path, file: &str, claims: Vec<Claim>) {
        self.set.tars.push(Tar {
            path: folder.join(file),
            name: self.name(file),
            claims,
        });
    }

    fn missing(&mut self, file: &str, by: &str) {
        self.set.incomplete = true;
        self.say(FindingKind::MissingTar, file, format!("{by} lists it"));
    }

    /// The tars of a training set, which `sizes.json` lists.
    fn sizes(&mut self, folder: &Path, there: BTreeSet<TarName>) {
        let sizes: Option<BTreeMap<String, u64>> = self.json(folder, "sizes.json");
        if sizes.is_none() && !folder.join("sizes.json").exists() {
            let place = self.set.place();
            let detail = "no sizes.json says how many samples each tar has";
            self.findings
                .push(Finding::at(FindingKind::NoRecord, place, detail));
        }
        for TarName(_, file) in &there {
            let mut claims = Vec::new();
            match sizes.as_ref().map(|sizes| sizes.get(file)) {
                None => {}
                Some(Some(&count)) => claims.push(Claim {
                    file: "sizes.json".to_owned(),
                    count,
                }),
                Some(None) => self.say(
                    FindingKind::UnlistedTar,
                    file,
                    "sizes.json does not list it",
                ),
            }
            let record = format!("{}_stats.json", file.trim_end_matches(".tar"));
            let stats: Option<TarStats> = self.json(folder, &record);
            claims.extend(stats.and_then(|stats| stats.successes).map(|count| Claim {
                file: record,
                count,
            }));
            self.add_tar(folder, file, claims);
        }
        for file in sizes.unwrap_or_default().keys() {
            if !there.contains(&TarName::new(file)) {
                self.missing(file, "sizes.json");
            }
        }
    }

    /// The tars of an evaluation set, which are numbered up to what `nshards.txt` says.
    fn numbered(&mut self, folder: &Path, below: &str, there: BTreeSet<TarName>) {
        let file = |name: &str| match below {
            "" => name.to_owned(),
            below => format!("{below}/{name}"),
        };
        let (shards, samples) = (file("nshards.txt"), file("count.txt"));
        let count = self.number(folder, &shards);
        let known = self.number(folder, &samples);
        if count.is_none() && !folder.join(&shards).exists() {
            let place = self.set.place();
            let detail = format!("no {shards} says how many tars there are");
            self.findings
                .push(Finding::at(FindingKind::NoRecord, place, detail));
        }
        let wanted = |number: u64| TarName::new(&format!("{number}.tar"));
        for name in &there {
            let number = name.1.trim_end_matches(".tar").parse().ok();
            let listed = number.filter(|&number: &u64| wanted(number) == *name);
            if let Some(count) = count
                && listed.is_none_or(|number| number >= count)
            {
                let detail = format!("{shards} says {count}");
                self.say(FindingKind::UnlistedTar, &file(&name.1), detail);
            }
            self.add_tar(folder, &file(&name.1), Vec::new());
        }
        let count = count.unwrap_or(0);
        let missing = (0..count.min(there.len() as u64 + MOST_MISSING))
            .map(wanted)
            .filter(|name| !there.contains(name));
        for TarName(_, name) in missing.take(MOST_MISSING as usize) {
            self.missing(&file(&name), &shards);
        }
        self.set.claims.extend(known.map(|count| Claim {
            file: samples,
            count,
        }));
    }

    fn compare_tars(&mut self, record: &str, count: u64) {
        let there = self.set.tars.len();
        if there as u64 != count && !self.set.incomplete {
            let detail = format!("{there} tars, but it says {count}");
            self.say(FindingKind::WrongCount, record, detail);
        }
    }

    fn number(&mut self, folder: &Path, file: &str) -> Option<u64> {
        let bytes = self.bytes(folder, file)?;
        let text = String::from_utf8_lossy(&bytes);
        let number = text.trim().parse().ok();
        if number.is_none() {
            let found: String = text.chars().take(64).collect();
            self.say(
                FindingKind::BadRecord,
                file,
                format!("`{found}` is no number"),
            );
        }
        number
    }

    fn json<T: DeserializeOwned>(&mut self, folder: &Path, file: &str) -> Option<T> {
        let bytes = self.bytes(folder, file)?;
        match serde_json::from_slice(&bytes) {
            Ok(value) => Some(value),
            Err(error) => {
                self.say(FindingKind::BadRecord, file, error.to_string());
                None
            }
        }
    }

    /// The bytes of a record; `None` where there is none, or it cannot be read.
    fn bytes(&mut self, folder: &Path, file: &str) -> Option<Vec<u8>> {
        let path = folder.join(file);
        if !path.exists() {
            return None;
        }
        let mut bytes = Vec::new();
        let read = std::fs::File::open(&path)
            .and_then(|file| file.take(MOST_RECORD_BYTES + 1).read_to_end(&mut bytes));
        match read {
            Err(error) => self.say(FindingKind::BadRecord, file, error.to_string()),
            Ok(_) if bytes.len() as u64 > MOST_RECORD_BYTES => {
                self.say(FindingKind::BadRecord, file, "larger than any record");
            }
            Ok(_) => return Some(bytes),
        }
        None
    }
}

/// A tar's name, in the order of numbers with and without leading zeros.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct TarName(usize, String);

impl TarName {
    fn new(name: &str) -> Self {
        Self(name.len(), name.to_owned())
    }
}

fn tars_in(folder: &Path) -> io::Result<BTreeSet<TarName>> {
    let mut tars = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with('.') && name.ends_with(".tar") {
            tars.insert(TarName::new(&name));
        }
    }
    Ok(tars)
}
