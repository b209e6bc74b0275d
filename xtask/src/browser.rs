//! What the browser test needs of the system: Chromium or Chrome, and `ip` and `unshare` for a network of its own.
//!
//! As root on Debian what is missing is installed; elsewhere a missing browser ends the run with the command that installs it,
//! and a missing `ip` or `unshare` only means that the test runs in the machine's own network.

use std::path::PathBuf;

use crate::debian;
use crate::failure::Failure;
use crate::files::find_program;
use crate::progress::note;
use crate::run::Step;

const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const PLACES: [&str; 4] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
];

/// Finds the browser, after installing what is missing where that is ours to do.
pub(crate) fn prepare() -> Result<PathBuf, Failure> {
    let browser = find()?;
    let missing = missing_packages(browser.is_some(), &|tool| find_program(tool).is_some());
    if !missing.is_empty() && debian::is_ours() {
        debian::install(&missing, "see apt's message above; CHROMIUM can name a browser elsewhere")?;
    }
    let browser = match browser {
        Some(browser) => browser,
        None => find()?.ok_or_else(|| Failure::new("no Chromium or Chrome was found").hint(advice()))?,
    };
    let version = Step::new(&browser).arg("--version").ask();
    let version = version.map_err(|why| {
        let hint = "repair it, or set the environment variable CHROMIUM to a Chromium or Chrome that works";
        Failure::new(format!("{} does not start: {why}", browser.display())).hint(hint)
    })?;
    note(&format!("{version}: {}", browser.display()));
    Ok(browser)
}

fn find() -> Result<Option<PathBuf>, Failure> {
    if let Some(named) = std::env::var_os("CHROMIUM").filter(|name| !name.is_empty()).map(PathBuf::from) {
        if named.is_file() {
            return Ok(Some(named));
        }
        let what = format!("the environment variable CHROMIUM names {}, which is no file", named.display());
        return Err(Failure::new(what).hint("correct or unset CHROMIUM"));
    }
    let placed = || PLACES.iter().map(PathBuf::from).find(|file| file.is_file());
    Ok(NAMES.iter().find_map(|name| find_program(name)).or_else(placed))
}

/// The Debian packages that lack, given whether there is a browser and which programs there are.
fn missing_packages(has_browser: bool, has: &dyn Fn(&str) -> bool) -> Vec<&'static str> {
    let wanted = [(has_browser, "chromium"), (has("ip"), "iproute2"), (has("unshare"), "util-linux")];
    let relevant = |package: &str| package == "chromium" || cfg!(target_os = "linux");
    wanted.into_iter().filter(|(there, package)| !there && relevant(package)).map(|(_, package)| package).collect()
}

/// The exact command for this system.
fn advice() -> String {
    let command = if cfg!(target_os = "macos") {
        "brew install --cask google-chrome"
    } else if cfg!(windows) {
        "winget install Google.Chrome"
    } else if find_program("apt-get").is_some() {
        &debian::command(&["chromium"])
    } else if find_program("dnf").is_some() {
        "sudo dnf install -y chromium"
    } else if find_program("pacman").is_some() {
        "sudo pacman -S --noconfirm chromium"
    } else if find_program("apk").is_some() {
        "sudo apk add chromium"
    } else {
        "install Chromium or Chrome"
    };
    format!("{command}\nor set the environment variable CHROMIUM to a Chromium or Chrome")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lacks_is_installed() {
        assert!(missing_packages(true, &|_| true).is_empty());
        assert_eq!(missing_packages(false, &|_| true), ["chromium"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_network_tools_are_wanted_on_linux() {
        assert_eq!(missing_packages(true, &|tool| tool == "unshare"), ["iproute2"]);
        assert_eq!(missing_packages(false, &|_| false), ["chromium", "iproute2", "util-linux"]);
    }

    #[test]
    fn the_advice_names_the_way_around() {
        assert!(advice().contains("CHROMIUM"));
    }
}
