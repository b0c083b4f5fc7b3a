//! `completions`: scripts that shells read, and man pages.

use std::process::Command;

use super::call::call;

#[test]
fn a_shell_reads_its_completions_and_completes_commands() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = call(folder.path(), "completions bash").ok().stdout;
    for words in ["auto cpu gpu", "f32 bf16", "cumulative-all"] {
        assert!(script.contains(words), "{words}");
    }
    std::fs::write(folder.path().join("ticclip.bash"), script).expect("written");
    let ask = "source ./ticclip.bash && COMP_WORDS=(ticclip comp) && COMP_CWORD=1 \
        && _ticclip ticclip comp ticclip && printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output = Command::new("bash")
        .args(["-c", ask])
        .current_dir(folder.path())
        .output()
        .expect("bash starts");
    let completed = String::from_utf8_lossy(&output.stdout);
    let found: Vec<&str> = completed.lines().collect();
    assert_eq!(found, ["compare", "completions"], "{output:?}");
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let script = call(folder.path(), &format!("completions {shell}")).ok();
        assert!(script.stdout.contains("robustness"), "{shell}");
    }
    call(folder.path(), "completions tcsh").refused(&["bash", "zsh"]);
}

#[test]
fn every_command_has_a_man_page_with_its_options() {
    let folder = tempfile::tempdir().expect("a folder");
    let pages = call(folder.path(), "completions --man man --json");
    let pages = pages.ok().json()["pages"].clone();
    assert!(
        pages.as_array().is_some_and(|pages| pages.len() > 20),
        "{pages}"
    );
    let page = std::fs::read_to_string(folder.path().join("man/ticclip-eval.1")).expect("a page");
    assert!(
        page.contains(".TH") && page.contains("tasks") && page.contains("static28"),
        "{page}"
    );
}
