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
    let Some(page) = Page::open_at(&made_up(2), 1440, "drops-0.open=n02000977") else {
        return;
    };
    for theme in ["light", "dark"] {
        page.system_theme(theme);
        for width in [1440, 360] {
            page.resize(width);
            page.wait_for(&format!("innerWidth === {width}"));
            page.run("scrollTo(0, 0)");
            let path = folder.join(format!("{theme}-{width}.png"));
            std::fs::write(&path, page.screenshot(true)).expect("written");
            eprintln!("{}", path.display());
        }
    }
    page.resize(1440);
    let path = folder.join("print.pdf");
    std::fs::write(&path, page.print()).expect("written");
    eprintln!("{}", path.display());
}
