//! Classes whose images move, as a model sees them.

use serde_json::{Value, json};
use ticclip_eval::shift::{ClassMove, class_moves};

use super::{CLASSES, Failure, Part, ShiftArgs, write_csv};
use crate::command::table::Table;
use crate::device;
use crate::score::{Exam, Examinee, Examiner, ModelFolder};

/// Shuffles of a class between two steps.
const SHUFFLES: usize = 1000;
/// Classes of a pair of steps that are printed.
const SHOWN: usize = 5;

/// A model that looks at the classes.
pub(super) struct Mover {
    examiner: Examiner,
    examinee: Examinee,
}

impl Mover {
    pub(super) fn open(args: &ShiftArgs, folder: &ModelFolder) -> Result<Self, Failure> {
        let (device, name) = device::open(args.compute.device)?;
        let precision = args.compute.precision;
        precision.check(&device).map_err(Failure::wrong_input)?;
        let examiner = Examiner::new(&device, &name, precision, None);
        let examinee = examiner.open(folder).map_err(Failure::wrong_input)?;
        Ok(Self { examiner, examinee })
    }
}

pub(super) fn run(args: &ShiftArgs, mover: &Mover, exam: &Exam) -> Result<Part, Failure> {
    let seen = mover
        .examiner
        .classes(&mover.examinee, exam)
        .map_err(Failure::wrong_input)?;
    let steps = exam.steps();
    let class_name = |class: usize| exam.class_name(class).unwrap_or_default();
    let mut all: Vec<(usize, ClassMove)> = Vec::new();
    let mut table =
        Table::new(["step"]).text("the surest first (z; cosine distance beyond chance)");
    for (to, step) in steps.iter().enumerate().skip(1) {
        let moves = class_moves(
            &seen.vectors,
            &seen.classes,
            &seen.steps,
            (to - 1, to),
            SHUFFLES,
        )
        .map_err(Failure::failed)?;
        let shown: Vec<String> = moves
            .ranked
            .iter()
            .take(SHOWN)
            .map(|one| {
                let beyond = one.distance - one.expected;
                format!("{} ({:.1}; {beyond:.3})", class_name(one.class), one.z)
            })
            .collect();
        table.row([step, &shown.join(", ")]);
        all.extend(moves.ranked.into_iter().map(|one| (to, one)));
    }
    let header = [
        "from", "to", "class", "name", "n_from", "n_to", "distance", "expected", "z", "p",
    ];
    let row = |(to, one): &(usize, ClassMove)| {
        vec![
            steps[to - 1].clone(),
            steps[*to].clone(),
            one.class.to_string(),
            class_name(one.class),
            one.before.to_string(),
            one.after.to_string(),
            one.distance.to_string(),
            one.expected.to_string(),
            one.z.to_string(),
            one.p.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    write_csv(&args.out.join(CLASSES), &header, &rows)?;
    let json: Vec<Value> = all
        .iter()
        .map(|(to, one)| {
            json!({
                "from": steps[to - 1], "to": steps[*to], "class": one.class, "name": class_name(one.class),
                "distance": one.distance, "expected": one.expected, "z": one.z, "p": one.p,
            })
        })
        .collect();
    Ok(Part {
        title: "classes that moved from the step before",
        table,
        json: json!(json),
    })
}
