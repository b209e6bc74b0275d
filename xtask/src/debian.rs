//! Debian's packages: as root on Debian what is missing is installed; elsewhere the command that installs it is named.

use std::path::Path;

use crate::failure::Failure;
use crate::files::find_program;
use crate::progress::note;
use crate::run::Step;

/// Whether installing is ours to do here.
pub(crate) fn is_ours() -> bool {
    let root = || Step::new("id").arg("-u").ask().is_ok_and(|id| id == "0");
    Path::new("/etc/debian_version").exists() && find_program("apt-get").is_some() && root()
}

/// Installs packages. `hint` is the way around, should that fail.
pub(crate) fn install(packages: &[&str], hint: &str) -> Result<(), Failure> {
    note(&format!("missing on this system: {}. Installing from Debian's archive, as root", packages.join(", ")));
    let apt = || Step::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").hint(hint);
    apt().arg("update").loud()?;
    apt().args(["install", "-y"]).args(packages).loud()
}

/// The command by which a user of Debian installs packages.
pub(crate) fn command(packages: &[&str]) -> String {
    format!("sudo apt-get update && sudo apt-get install -y {}", packages.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_names_every_package() {
        assert_eq!(command(&["one", "two"]), "sudo apt-get update && sudo apt-get install -y one two");
    }
}
