//! The demo, with a budget that fits a test.

use super::call::call;

#[test]
fn the_demo_leaves_what_it_promises_and_a_second_run_says_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = "demo --out D --samples-per-step 256 --strategies sequential,cumulative-all --device cpu --json";
    let first = call(folder.path(), line).ok().json();
    for file in [
        "report/report.html",
        "scores.jsonl",
        "train/sequential/2015/open_clip_model.safetensors",
        "train/cumulative-all/2021-2025/open_clip_config.json",
    ] {
        let length = std::fs::metadata(folder.path().join("D").join(file))
            .expect(file)
            .len();
        assert!(length > 0, "{file}");
    }
    for strategy in ["sequential", "cumulative-all"] {
        for task in ["retrieval", "classification"] {
            let of = &first["strategies"][strategy][task];
            for figure in ["in_domain", "backward", "forward"] {
                let value = of[figure].as_f64().expect("a number");
                assert!((0.0..=1.0).contains(&value), "{strategy} {task} {figure}");
            }
            assert_eq!(of["matrix"].as_array().map(Vec::len), Some(7));
        }
        assert!(first["strategies"][strategy]["macs"].as_u64() > Some(0));
    }
    let chance = |task: &str| first["chance"][task].as_f64().expect("a number");
    assert!(chance("retrieval") < 0.05 && chance("classification") < 0.2);
    let page =
        std::fs::read_to_string(folder.path().join("D/report/report.html")).expect("a report");
    for part in ["Twemoji", "CC-BY 4.0", "Skin-tone variants"] {
        assert!(page.contains(part), "{part}");
    }
    let second = call(folder.path(), line).ok().json();
    assert_eq!(
        first["strategies"], second["strategies"],
        "a repeated run changed its figures"
    );
    let fresh = call(folder.path(), &line.replace("--out D", "--out E"))
        .ok()
        .json();
    assert_eq!(
        first["strategies"], fresh["strategies"],
        "the same seed gave other figures"
    );
}
