//! Files and folders: finding programs, emptying folders, copying, each failure with its path.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, cannot};

/// The file that `name` would start, searched in PATH and in the folders of system tools, which users often lack there.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    search_path()
        .into_iter()
        .map(|dir| dir.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
        .find(|file| file.is_file())
}

/// PATH with the folders of system tools at its end.
fn search_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut dirs: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if cfg!(unix) {
        dirs.extend(["/usr/sbin", "/sbin"].map(PathBuf::from));
    }
    dirs
}

/// Empties a folder, or makes it.
pub(crate) fn fresh_dir(dir: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(dir) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(cannot(format!("empty {}", dir.display()))(error)),
    }
    fs::create_dir_all(dir).map_err(cannot(format!("make {}", dir.display())))
}

/// Copies a file, naming both ends when that fails.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::copy(from, to).map(drop).map_err(cannot(format!("copy {} to {}", from.display(), to.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_folder_is_empty_whether_it_was_there_or_not() {
        let dir = std::env::temp_dir().join(format!("xtask-fresh-{}", std::process::id()));
        fresh_dir(&dir).unwrap();
        fs::write(dir.join("old"), "").unwrap();
        fresh_dir(&dir).unwrap();
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_failed_copy_names_both_ends() {
        let failure = copy(Path::new("no/such"), Path::new("else/where")).unwrap_err().to_string();
        assert!(failure.contains("no/such") && failure.contains("else/where"), "{failure}");
    }
}
