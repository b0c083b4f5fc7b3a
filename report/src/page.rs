//! The whole page, from top to bottom.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::age_curve::age_curves;
use super::class_moves::class_moves;
use super::compute_scatter::compute_scatter;
use super::content::{Content, DataShift};
use super::controls::controls;
use super::drops::drops;
use super::escape::{isolated, json_in_script, text};
use super::example_grid::example_grids;
use super::figure::{per_task, section};
use super::finding::finding;
use super::heat_map::heat_maps;
use super::legend::under_legend;
use super::look_chart::look_charts;
use super::loss_curve::{loss_curves, thinned};
use super::lost::lost_group;
use super::number::{count, counted};
use super::oracle_ratio::oracle_ratios;
use super::palette;
use super::provenance::{commands, credits, notes};
use super::rank_chart::rankings;
use super::robustness_scatter::robustness;
use super::samples::samples;
use super::static_curve::static_curves;
use super::step_curve::step_curves;
use super::summary_table::summary_table;
use super::task_table::task_tables;
use super::timeline::{timeline, totals};
use super::word_lists::word_lists;

const STYLE: &str = concat!(
    include_str!("style/page.css"),
    include_str!("style/table.css"),
    include_str!("style/figure.css"),
    include_str!("style/narrow.css"),
    include_str!("style/print.css"),
);

/// The parts share one scope; each begins with what it is.
const SCRIPT: &str = concat!(
    "\"use strict\";\n(() => {\n",
    include_str!("script/page.js"),
    include_str!("script/state.js"),
    include_str!("script/theme.js"),
    include_str!("script/tip.js"),
    include_str!("script/grid.js"),
    include_str!("script/long.js"),
    include_str!("script/tree.js"),
    include_str!("script/choose.js"),
    include_str!("script/data.js"),
    include_str!("script/start.js"),
    "})();\n"
);

/// Loads the page again when its server has another one.
const LIVE: &str = include_str!("script/live.js");

/// A part of the page that the contents list names.
struct Room {
    id: &'static str,
    /// Its name in the contents list.
    short: &'static str,
    heading: &'static str,
    lead: String,
    body: String,
}

/// Renders `content` as one HTML file that needs nothing else: no network, no fonts, no other files.
///
/// Works without scripts; with them, tables sort, cells explain themselves and data can be copied.
#[must_use]
pub fn render(content: &Content) -> String {
    whole(content, None)
}

/// The same page for a server that makes it anew as its content grows: it asks the address `version` beside its own every
/// two seconds, and loads itself again when that no longer answers `version`.
#[must_use]
pub fn render_live(content: &Content, version: &str) -> String {
    whole(content, Some(version))
}

fn whole(content: &Content, version: Option<&str>) -> String {
    let rooms = rooms(content);
    let links: String = rooms
        .iter()
        .map(|room| format!("<li><a href=\"#{}\">{}</a></li>", room.id, room.short))
        .collect();
    let sections: String = rooms
        .iter()
        .map(|room| section(room.id, room.heading, &room.lead, &room.body))
        .collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n{}\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" content=\"ticclip {}\">\n\
         <title>{}</title>\n<style>\n{}{STYLE}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to content</a>\n\
         {}<div class=\"side\"><nav aria-label=\"Contents\"><ul>{links}</ul></nav>{}</div>\n\
         <main id=\"main\" tabindex=\"-1\">\n{sections}</main>\n\
         <footer><p>Written by ticclip {}. The page is one file and loads nothing from elsewhere.</p></footer>\n\
         <script type=\"application/json\" id=\"content\">{}</script>\n<script>{SCRIPT}</script>\n{}</body>\n</html>\n",
        policy(version.is_some()),
        text(&content.version),
        text(&content.title),
        palette::style(),
        header(content),
        controls(content),
        text(&content.version),
        json_in_script(&data(content)),
        version.map_or_else(String::new, |version| format!(
            "<script data-version=\"{}\">{LIVE}</script>\n",
            text(version)
        ))
    )
}

/// What the page carries for programs: all but the images and the fine grain of the loss.
fn data(content: &Content) -> Content {
    let mut data = content.clone();
    for strategy in &mut data.strategies {
        strategy.loss = thinned(&strategy.loss);
    }
    data
}

/// Even if an escape were forgotten, the browser would run nothing but our own scripts and load nothing; a page that
/// is live may ask its own server.
fn policy(live: bool) -> String {
    let hash = |script: &str| STANDARD.encode(Sha256::digest(script.as_bytes()));
    let mut scripts = format!("'sha256-{}'", hash(SCRIPT));
    let mut connect = "";
    if live {
        scripts.push_str(&format!(" 'sha256-{}'", hash(LIVE)));
        connect = "connect-src 'self'; ";
    }
    format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
         style-src 'unsafe-inline'; script-src {scripts}; {connect}base-uri 'none'; form-action 'none'\">\n"
    )
}

fn header(content: &Content) -> String {
    let mut finding = finding(content);
    finding.support.extend(lost_group(content));
    let support: String = finding
        .support
        .iter()
        .map(|sentence| format!("<li>{}</li>\n", text(sentence)))
        .collect();
    let support = if support.is_empty() {
        support
    } else {
        format!("<ul class=\"support\">\n{support}</ul>\n")
    };
    let (train, held_out) = totals(content);
    let facts: String = [
        (count(content.steps.len() as u64), "time steps"),
        (count(train), "pairs to train on"),
        (count(held_out), "pairs held out"),
        (count(content.strategies.len() as u64), "strategies"),
        (
            count((content.tasks().len() + content.statics.len()) as u64),
            "tasks",
        ),
    ]
    .into_iter()
    .map(|(number, what)| format!("<div><dt>{what}</dt><dd>{number}</dd></div>"))
    .collect();
    format!(
        "<header>\n<div class=\"top\"><p class=\"eyebrow\">{}</p></div>\n<h1>{}</h1>\n\
         <p class=\"finding\">{}</p>\n{support}<dl class=\"facts\">{facts}</dl>\n</header>\n",
        span(content),
        isolated(&content.title),
        text(&finding.headline)
    )
}

/// From which time step to which, or the dataset's name where there are none.
fn span(content: &Content) -> String {
    match (content.steps.first(), content.steps.last()) {
        (Some(first), Some(last)) if content.steps.len() > 1 => {
            format!(
                "Time steps {} to {}",
                isolated(&first.name),
                isolated(&last.name)
            )
        }
        _ => isolated(&content.dataset),
    }
}

fn rooms(content: &Content) -> Vec<Room> {
    let mut rooms = Vec::new();
    let mut add = |id, (short, heading), lead: &str, body: Option<String>| {
        rooms.extend(body.map(|body| Room {
            id,
            short,
            heading,
            lead: lead.to_owned(),
            body,
        }));
    };
    let scored = !content.tasks().is_empty();
    add(
        "summary",
        ("Summary", "Summary"),
        &format!(
            "A model is trained step after step through time. In-domain: tested on the step it just saw. Backward: on the \
             steps before it. Forward: on steps that had not happened yet. All evaluation pairs were kept out of training{}.",
            if content.notes.is_empty() {
                ""
            } else {
                " (see the <a href=\"#notes\">notes</a> on the data)"
            }
        ),
        (!content.strategies.is_empty()).then(|| summary_table(content)),
    );
    add(
        "age",
        ("Ageing", "How scores age"),
        "Every model tested on every step, averaged by how far the test lies from the training. Left of 0 is what it \
         once saw, right of 0 is the future. The right side is made of early models, which have mostly seen less data, the left \
         of late ones. The ends rest on few cells, and steps differ in how hard they are.",
        scored.then(|| under_legend(content, &age_curves(content))),
    );
    add(
        "matrices",
        ("Matrices", "Transfer matrices"),
        "One row a trained model, one column a tested step. The outlined diagonal is in-domain; below it lies backward \
         transfer, above it forward transfer. Point at a cell, or move with the arrow keys, for its interval.",
        scored.then(|| per_task(content, |place, task| heat_maps(content, task, place))),
    );
    add(
        "curves",
        ("Step by step", "Step by step"),
        "What each training step brings on its own step, and what it leaves of the steps before. Whiskers are 95% \
         intervals over the evaluation pairs; they do not cover a change of seed.",
        joined([
            scored.then(|| under_legend(content, &step_curves(content))),
            static_curves(content),
        ]),
    );
    add(
        "tasks",
        ("Every task", "Every task"),
        "All tasks, also those that the summary has no room for. Click a heading to sort.",
        task_tables(content),
    );
    add(
        "compute",
        ("Compute", "Score against compute"),
        "Cost is counted in forward multiply-accumulates over all steps. The stem joins in-domain and backward, which are \
         means over different steps: it is no measure of forgetting.",
        joined([
            scored
                .then(|| compute_scatter(content))
                .flatten()
                .map(|body| under_legend(content, &body)),
            oracle_ratios(content),
        ]),
    );
    add(
        "robustness",
        ("Robustness", "Under a shift"),
        "Scores with and without a shift, on logit scales. Where the models of a family lie on a line (R² is given), one above it \
         is more robust than its score without the shift would lead one to expect.",
        robustness(content),
    );
    add(
        "rankings",
        ("Rankings", "Where two scores rank differently"),
        "A line that crosses another is a pair of models that the two scores order differently.",
        rankings(content),
    );
    add(
        "drops",
        ("Drops", "What one model loses against another"),
        drops_lead(content),
        drops(content),
    );
    add(
        "samples",
        ("Samples", "Where two models differ"),
        "Single samples with what both models said: ✓ right, ✗ wrong.",
        samples(content),
    );
    let shift = content.shift.as_ref();
    add(
        "shift",
        ("Data", "How the data changes"),
        &format!(
            "{} Captions and images are counted as independent of each other; series by one author are not, so read z as an \
             upper bound.",
            shift.map_or_else(String::new, counted_on)
        ),
        joined([
            shift.and_then(|shift| word_lists(content, shift)),
            shift.and_then(look_charts),
            shift.and_then(class_moves),
        ]),
    );
    add(
        "loss",
        ("Loss", "Training loss"),
        "Contrastive loss over all steps. Neighbouring values are averaged to at most 240 points a curve.",
        loss_curves(content),
    );
    add(
        "steps",
        ("Time steps", "Time steps"),
        "How the pairs fall into steps, and how many of each were kept for evaluation.",
        (!content.steps.is_empty()).then(|| timeline(content)),
    );
    let shown: usize = content.steps.iter().map(|step| step.examples.len()).sum();
    let examples = format!(
        "{} of the dataset, by step.",
        counted(shown, "pair", "pairs")
    );
    add(
        "examples",
        ("Examples", "Examples"),
        &examples,
        example_grids(content),
    );
    add(
        "commands",
        ("Commands", "How it was made"),
        "The commands, in the order they ran.",
        commands(content),
    );
    add(
        "notes",
        ("Notes", "Notes"),
        "What to keep in mind while reading.",
        notes(content),
    );
    add(
        "credits",
        ("Credits", "Credits"),
        "The data is the work of others.",
        credits(content),
    );
    rooms
}

fn drops_lead(content: &Content) -> &'static str {
    if content.comparisons.iter().all(|one| one.groups.is_empty()) {
        "Two models on the same samples. A drop is A − B: positive where B is worse."
    } else {
        "Two models on the same samples. A drop is A − B: positive where B is worse. Filter the groups, or fold them out \
         as WordNet’s tree; open one for its classes."
    }
}

/// Which pairs tell of the data: those of the evaluation sets, as many as images were looked at.
fn counted_on(shift: &DataShift) -> String {
    match shift.looks.iter().map(|look| look.images).sum::<u64>() {
        0 => "Counted on held-out pairs alone.".to_owned(),
        images => format!("Counted on the {} held-out pairs alone.", count(images)),
    }
}

/// The parts that are there, one below the other; nothing if none is.
fn joined<const N: usize>(parts: [Option<String>; N]) -> Option<String> {
    let parts: String = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then_some(parts)
}
