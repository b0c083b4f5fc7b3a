//! Items: the images or texts to encode, one after the other, without holding them all.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::shard::{Sample, Samples, ShardReadError, TarsError, tars_of};

/// The longest line of a list or a file of texts; longer ones are no captions.
const LONGEST_LINE: usize = 1 << 20;
/// Endings of image files in a folder.
const IMAGES: [&str; 9] = [
    "jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "jfif",
];

/// One image or text.
#[derive(Debug)]
pub struct Item {
    /// What its features are found by.
    pub key: String,
    /// What is encoded.
    pub content: Content,
}

/// What is encoded.
#[derive(Debug)]
pub enum Content {
    /// An image's file.
    File(PathBuf),
    /// An encoded image.
    Image(Vec<u8>),
    /// A text.
    Text(String),
    /// Nothing, for this reason.
    Missing(String),
}

/// Why items cannot be read on.
#[derive(Debug, Error)]
pub enum ItemsError {
    /// A folder or file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The tars of a WebDataset cannot be listed.
    #[error(transparent)]
    Tars(#[from] TarsError),
    /// A tar is damaged.
    #[error(transparent)]
    Shard(#[from] ShardReadError),
    /// A line is not text.
    #[error("{}, line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: u64,
        /// What is wrong.
        problem: &'static str,
    },
}

/// The items of an input, in an order that does not change.
pub struct Items {
    source: Box<dyn Iterator<Item = Result<Item, ItemsError>>>,
}

impl std::fmt::Debug for Items {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Items").finish_non_exhaustive()
    }
}

impl Items {
    /// Images: a WebDataset (a tar, or a folder of tars), a folder of image files and folders, or a file that lists one
    /// image a line. Keys are `__key__`s, paths below the folder, or the lines.
    ///
    /// # Errors
    /// When there is no such folder or file.
    pub fn images(path: &Path) -> Result<Self, ItemsError> {
        let source: Box<dyn Iterator<Item = _>> = if path.is_dir() {
            if has_tars(path)? {
                Box::new(tars_of(path)?.into_iter().flat_map(tar))
            } else {
                Box::new(Walk::new(path)?)
            }
        } else if path.extension().is_some_and(|extension| extension == "tar") {
            Box::new(std::iter::once(path.to_owned()).flat_map(tar))
        } else {
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            let lines =
                Lines::open(path)?.filter(|line| !matches!(line, Ok((_, line)) if line.is_empty()));
            Box::new(lines.map(move |line| {
                let (_, line) = line?;
                let content = Content::File(folder.join(&line));
                Ok(Item { key: line, content })
            }))
        };
        Ok(Self { source })
    }

    /// Texts: one a line, empty ones too. Keys are the lines' numbers, from 0.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn texts(path: &Path) -> Result<Self, ItemsError> {
        let lines = Lines::open(path)?.map(|line| {
            let (number, line) = line?;
            let content = Content::Text(line);
            Ok(Item {
                key: number.to_string(),
                content,
            })
        });
        Ok(Self {
            source: Box::new(lines),
        })
    }

    /// Every `of`-th item, beginning with number `index`, from 1.
    #[must_use]
    pub fn part(self, index: u64, of: u64) -> Self {
        let mine = move |(at, item): (u64, _)| match item {
            Ok(_) if at % of != index - 1 => None,
            item => Some(item),
        };
        Self {
            source: Box::new((0..).zip(self.source).filter_map(mine)),
        }
    }

    /// Passes over items that were encoded before.
    pub(super) fn skip_first(&mut self, items: u64) -> Result<(), ItemsError> {
        for _ in 0..items {
            match self.next() {
                Some(item) => item?,
                None => return Ok(()),
            };
        }
        Ok(())
    }
}

impl Iterator for Items {
    type Item = Result<Item, ItemsError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.source.next()
    }
}

fn io_error(path: &Path) -> impl Fn(std::io::Error) -> ItemsError + '_ {
    move |source| ItemsError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Whether a folder is a WebDataset: it, or its folder `test`, holds tars.
fn has_tars(folder: &Path) -> Result<bool, ItemsError> {
    let test = folder.join("test");
    for folder in [folder, &test] {
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(folder).map_err(io_error(folder))? {
            let path = entry.map_err(io_error(folder))?.path();
            if path.extension().is_some_and(|extension| extension == "tar") {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn tar(path: PathBuf) -> Box<dyn Iterator<Item = Result<Item, ItemsError>>> {
    match Samples::open(&path) {
        Ok(samples) => Box::new(samples.map(|sample| Ok(image_of(sample?)))),
        Err(error) => Box::new(std::iter::once(Err(error.into()))),
    }
}

fn image_of(sample: Sample) -> Item {
    let content = match sample.image() {
        Ok(bytes) => Content::Image(bytes.to_vec()),
        Err(error) => Content::Missing(error.to_string()),
    };
    Item {
        key: sample.key,
        content,
    }
}

/// The image files of a folder and the folders in it, each folder's in the order of their names.
struct Walk {
    root: PathBuf,
    /// What is left of the folders that lead to the current one, the last name first.
    open: Vec<Vec<PathBuf>>,
}

impl Walk {
    fn new(root: &Path) -> Result<Self, ItemsError> {
        Ok(Self {
            root: root.to_owned(),
            open: vec![entries(root)?],
        })
    }
}

/// A folder's entries, the last name first.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, ItemsError> {
    let paths = std::fs::read_dir(folder).map_err(io_error(folder))?;
    let paths = paths.map(|entry| Ok(entry.map_err(io_error(folder))?.path()));
    let mut paths = paths.collect::<Result<Vec<_>, ItemsError>>()?;
    paths.sort_by(|a, b| b.cmp(a));
    Ok(paths)
}

impl Iterator for Walk {
    type Item = Result<Item, ItemsError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some(path) = self.open.last_mut()?.pop() else {
                self.open.pop();
                continue;
            };
            // A link to a folder is not followed: it may lead back here.
            if path.is_dir() && !path.is_symlink() {
                match entries(&path) {
                    Ok(entries) => self.open.push(entries),
                    Err(error) => return Some(Err(error)),
                }
                continue;
            }
            let extension = path
                .extension()
                .unwrap_or_default()
                .to_string_lossy()
                .to_lowercase();
            if !IMAGES.contains(&extension.as_str()) {
                continue;
            }
            let key = path.strip_prefix(&self.root).unwrap_or(&path);
            let key = key
                .to_string_lossy()
                .replace(std::path::MAIN_SEPARATOR, "/");
            let content = Content::File(path);
            return Some(Ok(Item { key, content }));
        }
    }
}

/// A text file's lines with their numbers from 0, without the ends of lines.
struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    number: u64,
}

impl Lines {
    fn open(path: &Path) -> Result<Self, ItemsError> {
        let file = File::open(path).map_err(io_error(path))?;
        Ok(Self {
            path: path.to_owned(),
            reader: BufReader::new(file),
            number: 0,
        })
    }

    fn read(&mut self) -> Result<Option<(u64, String)>, ItemsError> {
        let mut bytes = Vec::new();
        let mut limited = std::io::Read::take(&mut self.reader, LONGEST_LINE as u64 + 1);
        if limited
            .read_until(b'\n', &mut bytes)
            .map_err(io_error(&self.path))?
            == 0
        {
            return Ok(None);
        }
        let wrong = |problem| ItemsError::Line {
            path: self.path.clone(),
            line: self.number + 1,
            problem,
        };
        if bytes.len() > LONGEST_LINE {
            return Err(wrong("longer than a megabyte"));
        }
        let line = String::from_utf8(bytes).map_err(|_| wrong("not UTF-8"))?;
        let line = line.strip_suffix('\n').unwrap_or(&line);
        let line = line.strip_suffix('\r').unwrap_or(line).to_owned();
        self.number += 1;
        Ok(Some((self.number - 1, line)))
    }
}

impl Iterator for Lines {
    type Item = Result<(u64, String), ItemsError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(items: Items) -> Vec<String> {
        items.map(|item| item.expect("readable").key).collect()
    }

    #[test]
    fn a_folder_is_walked_in_the_order_of_names() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in [
            "b/2.png",
            "b/10.JPG",
            "a.webp",
            "c.txt",
            "b/c/1.jpeg",
            "z.gif",
        ] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(path, b"x").expect("written");
        }
        let items = Items::images(folder.path()).expect("a folder");
        assert_eq!(
            keys(items),
            ["a.webp", "b/10.JPG", "b/2.png", "b/c/1.jpeg", "z.gif"]
        );
        let mut items = Items::images(folder.path()).expect("a folder");
        items.skip_first(3).expect("readable");
        assert_eq!(keys(items), ["b/c/1.jpeg", "z.gif"]);
    }

    #[test]
    fn texts_keep_empty_lines_and_lists_do_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lines.txt");
        std::fs::write(&path, "one\r\n\nthree").expect("written");
        assert_eq!(keys(Items::texts(&path).expect("a file")), ["0", "1", "2"]);
        assert_eq!(
            keys(Items::images(&path).expect("a file")),
            ["one", "three"]
        );
    }

    #[test]
    fn a_line_that_is_no_text_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lines.txt");
        std::fs::write(&path, b"one\n\xff\xfe\n").expect("written");
        let mut items = Items::texts(&path).expect("a file");
        assert!(items.next().expect("a line").is_ok());
        let error = items
            .next()
            .expect("a line")
            .expect_err("not UTF-8")
            .to_string();
        assert!(error.contains("line 2: not UTF-8"), "{error}");
    }
}
