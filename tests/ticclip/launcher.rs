//! A launcher of ranks, and a program that is built for one process.

use super::call::{called, program};

#[test]
fn a_program_without_mpi_refuses_to_be_one_of_several() {
    let folder = tempfile::tempdir().expect("a folder");
    for variable in ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"] {
        let output = program(folder.path())
            .args(["train", "debug", "--data", "d", "--out", "t"])
            .args(["--strategy", "restart"])
            .env(variable, "4")
            .output();
        called(&output.expect("the program starts")).refused(&["4 processes", "--features mpi"]);
    }
    assert!(!folder.path().join("t").exists());
}
