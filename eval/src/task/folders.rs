//! The folders that a task's data may lie in.

use super::Task;

/// What stands for a time step in a folder's name.
const STEP: &str = "{step}";

impl Task {
    /// Whether the task is asked once a time step, of other samples each time.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        self.data.as_ref().is_some_and(|data| data.contains(STEP))
    }

    /// Folders below `--data` in which to look for the task's data, the likeliest first.
    ///
    /// With `data`, that one alone. Otherwise, for the task's name, its key and what it is also called: `wds_NAME_test`
    /// (DataComp's downloads; `/` becomes `-`), `wds_NAME` (CLIP_benchmark's), `NAME` with its slashes, and the last
    /// part of `NAME`. A folder holds its tars in `test/`, or directly, as TiC's evaluation sets do; the latter are
    /// templates with `{step}`, which [`folders_at`](Self::folders_at) fills in.
    #[must_use]
    pub fn folders(&self) -> Vec<String> {
        if let Some(data) = &self.data {
            return vec![data.clone()];
        }
        let names: Vec<&str> = [Some(self.name.as_str()), self.key.as_deref()]
            .into_iter()
            .flatten()
            .chain(self.also.iter().map(String::as_str))
            .collect();
        let forms: [fn(&str) -> String; 4] = [
            |name| format!("wds_{}_test", name.replace('/', "-")),
            |name| format!("wds_{}", name.replace('/', "-")),
            str::to_owned,
            |name| name.rsplit('/').next().unwrap_or(name).to_owned(),
        ];
        let mut folders = Vec::new();
        for form in forms {
            for folder in names.iter().map(|name| form(name)) {
                if !folders.contains(&folder) {
                    folders.push(folder);
                }
            }
        }
        folders
    }

    /// Folders in which to look for the data of one time step.
    #[must_use]
    pub fn folders_at(&self, step: &str) -> Vec<String> {
        let fill = |folder: String| folder.replace(STEP, step);
        self.folders().into_iter().map(fill).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(keys: &str) -> Task {
        let text = format!("name = \"x\"\nkind = \"classification\"\nmetric = \"acc1\"\n{keys}");
        Task::parse("x.toml", &text).expect("a task")
    }

    #[test]
    fn names_come_before_keys_and_downloads_before_plain_folders() {
        let folders = task("key = \"vtab/y\"\nalso = [\"z\"]").folders();
        assert_eq!(
            folders,
            [
                "wds_x_test",
                "wds_vtab-y_test",
                "wds_z_test",
                "wds_x",
                "wds_vtab-y",
                "wds_z",
                "x",
                "vtab/y",
                "z",
                "y",
            ]
        );
    }

    #[test]
    fn a_folder_is_looked_for_once() {
        assert_eq!(task("key = \"x\"").folders(), ["wds_x_test", "wds_x", "x"]);
    }

    #[test]
    fn data_is_looked_for_nowhere_else() {
        let task = task("key = \"vtab/y\"\ndata = \"sets/mine\"");
        assert_eq!(task.folders(), ["sets/mine"]);
        assert!(!task.is_dynamic());
    }

    #[test]
    fn a_step_is_filled_into_its_folder() {
        let task = task("data = \"tic/{step}/eval\"");
        assert!(task.is_dynamic());
        assert_eq!(task.folders_at("2014"), ["tic/2014/eval"]);
    }
}
