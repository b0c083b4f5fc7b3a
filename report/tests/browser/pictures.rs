//! Pictures of the page for the eye, if `TICCLIP_SCREENSHOTS` names a folder for them.

use std::path::PathBuf;

use super::content::made_up;
use super::page::Page;

#[test]
fn pictures_are_taken_where_a_folder_is_named() {
    let Some(folder) = std::env::var_os("TICCLIP_SCREENSHOTS").map(PathBuf::from) else {
        eprintln!("TICCLIP_SCREENSHOTS names no folder: no pictures");
        return;
    };
    std::fs::create_dir_all(&folder).expect("a folder");
    let Some(page) = Page::open_at(&made_up(2), 1440, "drops-0.open=n02000977&drops-0.tree=1")
    else {
        return;
    };
    page.run("document.querySelectorAll('img').forEach((one) => { one.loading = 'eager'; })");
    page.wait_for("[...document.images].every((one) => one.complete)");
    page.hide_scrollbars();
    for theme in ["light", "dark"] {
        page.system_theme(theme);
        for width in [1440, 360] {
            page.resize(width);
            page.wait_for(&format!("innerWidth === {width}"));
            page.run("document.documentElement.style.scrollBehavior = 'auto'; scrollTo(0, 0)");
            page.run("document.querySelector('#drops-0').scrollIntoView()");
            let path = folder.join(format!("{theme}-{width}-window.png"));
            std::fs::write(&path, page.window()).expect("written");
            let mut parts: Vec<String> = page
                .get("[...document.querySelectorAll('main > section')].map((one) => `#${one.id}`)");
            parts.push("header".to_owned());
            for part in parts {
                let name = part.trim_start_matches('#');
                let path = folder.join(format!("{theme}-{width}-{name}.png"));
                std::fs::write(&path, page.picture(&part)).expect("written");
            }
        }
    }
    page.resize(1440);
    let path = folder.join("print.pdf");
    std::fs::write(&path, page.print()).expect("written");
    eprintln!("pictures are in {}", folder.display());
}
