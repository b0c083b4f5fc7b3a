//! Figures as SVG: that they stand alone, and that their words are readable.

use resvg::usvg::roxmltree::{Document, Node};
use resvg::usvg::{Group, Rect};

use super::super::canvas::{COLUMN, Drawing, SPREAD};
use super::super::figure;
use super::super::png::tree;
use super::{contents, everything};
use crate::palette::Look;
use crate::tests::made_up::{HOSTILE, hostile};

/// What a drawing is made of; all else could load or run something.
const ELEMENTS: [&str; 9] = [
    "svg",
    "title",
    "desc",
    "rect",
    "path",
    "text",
    "defs",
    "linearGradient",
    "stop",
];

fn drawings() -> Vec<(String, Drawing)> {
    let named = |(content, values): (&str, _)| {
        figure::all(&values)
            .into_iter()
            .map(|figure| (format!("{} of {content}", figure.stem), figure.drawing))
            .collect::<Vec<_>>()
    };
    contents().into_iter().flat_map(named).collect()
}

#[test]
fn figures_stand_alone() {
    for (name, drawing) in drawings() {
        let document = Document::parse(&drawing.svg).expect("the figure is XML");
        for node in document.descendants().filter(Node::is_element) {
            assert!(
                ELEMENTS.contains(&node.tag_name().name()),
                "{name}: {node:?}"
            );
            for attribute in node.attributes() {
                let (key, value) = (attribute.name(), attribute.value());
                let loads = value.contains(':') || value.replace("url(#", "").contains("url(");
                assert!(
                    !loads && !value.contains("var("),
                    "{name}: {key}=\"{value}\""
                );
                assert!(!["style", "class", "href"].contains(&key), "{name}: {key}");
                assert!(
                    !value.contains("NaN") && !value.contains("inf"),
                    "{name}: {key}=\"{value}\""
                );
            }
        }
    }
}

#[test]
fn hostile_names_are_words_of_the_figure() {
    for figure in figure::all(&hostile(&everything())) {
        assert!(!figure.drawing.svg.contains(HOSTILE), "{}", figure.stem);
        let document = Document::parse(&figure.drawing.svg).expect("the figure is XML");
        let description = document
            .descendants()
            .find(|node| node.has_tag_name("desc"))
            .and_then(|node| node.text().map(str::to_owned))
            .expect("the figure is described");
        assert!(
            description.contains(HOSTILE),
            "{}: {description}",
            figure.stem
        );
    }
}

/// Where each piece of text is, as our converters set it.
fn boxes(group: &Group, found: &mut Vec<(String, Rect)>) {
    for node in group.children() {
        match node {
            resvg::usvg::Node::Group(group) => boxes(group, found),
            resvg::usvg::Node::Text(text) => {
                let words = text.chunks().iter().map(|chunk| chunk.text());
                found.push((words.collect(), text.abs_bounding_box()));
            }
            _ => {}
        }
    }
}

#[test]
fn words_lie_inside_the_figure_and_apart() {
    for (name, drawing) in drawings() {
        assert!(
            [COLUMN, SPREAD].contains(&drawing.width),
            "{name}: {}",
            drawing.width
        );
        let tree = tree(&drawing).expect("the figure can be read");
        let mut words = Vec::new();
        boxes(tree.root(), &mut words);
        assert!(words.len() > 5, "{name} has words");
        for (place, (text, area)) in words.iter().enumerate() {
            let (right, bottom) = (drawing.width as f32, drawing.height as f32);
            let inside = area.left() >= 0.0
                && area.top() >= 0.0
                && area.right() <= right
                && area.bottom() <= bottom;
            assert!(inside, "{name}: `{text}` at {area:?} of {right} × {bottom}");
            for (other, beside) in &words[place + 1..] {
                let wide = area.right().min(beside.right()) - area.left().max(beside.left());
                let high = area.bottom().min(beside.bottom()) - area.top().max(beside.top());
                assert!(
                    wide <= 0.3 || high <= 0.3,
                    "{name}: `{text}` and `{other}` overlap by {wide} × {high}"
                );
            }
        }
    }
}

#[test]
fn letters_are_large_enough_for_print() {
    for (name, drawing) in drawings() {
        let document = Document::parse(&drawing.svg).expect("the figure is XML");
        for node in document
            .descendants()
            .filter(|node| node.has_tag_name("text"))
        {
            let size: Option<f64> = node
                .attribute("font-size")
                .and_then(|size| size.parse().ok());
            assert!(size.is_some_and(|size| size >= 6.0), "{name}: {node:?}");
        }
    }
}

#[test]
fn strategies_look_the_same_on_the_page_and_in_print() {
    let content = everything();
    let page = crate::render(&content);
    let figures = figure::all(&content);
    let age = figures.iter().find(|figure| figure.stem.starts_with("age"));
    let svg = &age.expect("there are scores by age").drawing.svg;
    for place in 0..content.strategies.len() {
        let look = Look(place);
        let (class, colour) = (look.class(), look.colour());
        assert!(page.contains(&format!("--{class}: {colour};")), "{class}");
        assert!(page.contains(&format!(".{class} {{ --c: var(--{class}); }}")));
        assert!(svg.contains(&format!("stroke=\"{colour}\"")), "{svg}");
    }
}

#[test]
fn strategies_have_one_scale_of_colours() {
    let content = crate::tests::made_up::plausible();
    let ends = |stem: &str| {
        let figure = figure::all(&content)
            .into_iter()
            .find(|figure| figure.stem == stem)
            .expect("there is such a figure");
        let document = Document::parse(&figure.drawing.svg).expect("the figure is XML");
        document
            .descendants()
            .filter(|node| node.has_tag_name("text"))
            .filter_map(|node| {
                node.text()
                    .filter(|words| words.ends_with('%') && words.len() < 7)
            })
            .map(str::to_owned)
            .collect::<Vec<String>>()
    };
    let first = ends("matrix-retrieval-sequential");
    assert_eq!(first.len(), 2, "{first:?}");
    assert_eq!(first, ends("matrix-retrieval-oracle"));
}
