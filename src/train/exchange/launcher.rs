//! The launcher: whether this process was started as one of several ranks.

use std::rc::Rc;

use thiserror::Error;

use super::{Alone, Exchange};

/// In which launchers say how many ranks there are: Open MPI's, and those of MPICH's kin.
const SIZES: [&str; 2] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"];
/// In which others say that there are ranks at all.
#[cfg(feature = "mpi")]
const RANK: &str = "PMIX_RANK";

/// Why the ranks cannot train together.
#[derive(Debug, Error)]
pub enum ExchangeError {
    /// The program cannot talk to the others.
    #[error(
        "a launcher has started {ranks} processes, but this program trains in one: build it with `--features mpi`, or \
         start it without the launcher"
    )]
    NotBuilt {
        /// Processes.
        ranks: usize,
    },
}

/// The ranks that a launcher has started this process with; itself alone where it was started without one.
///
/// # Errors
/// [`ExchangeError`] when there are several, and the program was built without the feature `mpi`.
pub fn launched() -> Result<Rc<dyn Exchange>, ExchangeError> {
    let variable = |name: &str| std::env::var(name).ok();
    let told = ranks_told(variable);
    #[cfg(feature = "mpi")]
    if told.is_some_and(|ranks| ranks > 1) || (told.is_none() && variable(RANK).is_some()) {
        let mpi = super::mpi::Mpi::start().expect("nothing else in this program starts MPI");
        return Ok(Rc::new(mpi));
    }
    match told {
        // Each would train by itself, and write to the same files.
        Some(ranks) if ranks > 1 => Err(ExchangeError::NotBuilt { ranks }),
        _ => Ok(Rc::new(Alone)),
    }
}

fn ranks_told(variable: impl Fn(&str) -> Option<String>) -> Option<usize> {
    let said = SIZES.iter().find_map(|name| variable(name));
    said.and_then(|size| size.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_ranks_is_what_a_launcher_says() {
        let under =
            |name: &'static str| move |asked: &str| (asked == name).then(|| "12".to_owned());
        assert_eq!(ranks_told(under("OMPI_COMM_WORLD_SIZE")), Some(12));
        assert_eq!(ranks_told(under("PMI_SIZE")), Some(12));
        assert_eq!(ranks_told(under("COLUMNS")), None);
    }
}
