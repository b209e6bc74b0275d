//! What the browser tests need of the system: Chromium or Chrome, Firefox, and `ip` and `unshare` for a network of its own.
//!
//! As root on Debian what is missing is installed; elsewhere a missing browser ends the run with the command that installs it,
//! and a missing `ip` or `unshare` only means that the tests run in the machine's own network.

use std::path::PathBuf;

use crate::debian;
use crate::failure::Failure;
use crate::files::find_program;
use crate::progress::note;
use crate::run::Step;

/// A browser the tests run in.
pub(crate) struct Browser {
    /// As the environment variable BROWSER has it.
    pub(crate) name: &'static str,
    /// What people call it.
    called: &'static str,
    /// The environment variable that names the program.
    pub(crate) variable: &'static str,
    /// Programs in PATH, the likeliest first.
    programs: &'static [&'static str],
    places: &'static [&'static str],
    debian: &'static str,
    /// The package's name elsewhere: with Homebrew, winget, other Linux systems.
    elsewhere: [&'static str; 3],
}

/// Chromium or Chrome.
pub(crate) const CHROMIUM: Browser = Browser {
    name: "chromium",
    called: "Chromium or Chrome",
    variable: "CHROMIUM",
    programs: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"],
    places: &[
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    ],
    debian: "chromium",
    elsewhere: ["google-chrome", "Google.Chrome", "chromium"],
};

/// Firefox.
pub(crate) const FIREFOX: Browser = Browser {
    name: "firefox",
    called: "Firefox",
    variable: "FIREFOX",
    programs: &["firefox-esr", "firefox"],
    places: &[
        "/Applications/Firefox.app/Contents/MacOS/firefox",
        r"C:\Program Files\Mozilla Firefox\firefox.exe",
        r"C:\Program Files (x86)\Mozilla Firefox\firefox.exe",
    ],
    debian: "firefox-esr",
    elsewhere: ["firefox", "Mozilla.Firefox", "firefox"],
};

/// Finds the browsers, in the order asked for, after installing what is missing where that is ours to do.
pub(crate) fn prepare<const N: usize>(browsers: [&Browser; N]) -> Result<[PathBuf; N], Failure> {
    let mut lacking = Vec::new();
    for browser in browsers {
        if find(browser)?.is_none() {
            lacking.push(browser.debian);
        }
    }
    let missing = missing_packages(lacking, &|tool| find_program(tool).is_some());
    if !missing.is_empty() && debian::is_ours() {
        debian::install(&missing, "see apt's message above; CHROMIUM and FIREFOX can name browsers elsewhere")?;
    }
    let mut found = [const { PathBuf::new() }; N];
    for (place, browser) in found.iter_mut().zip(browsers) {
        *place = check(browser)?;
    }
    Ok(found)
}

/// The browser's program, which is there and starts.
fn check(browser: &Browser) -> Result<PathBuf, Failure> {
    let Browser { called, variable, .. } = browser;
    let program = find(browser)?.ok_or_else(|| Failure::new(format!("no {called} was found")).hint(advice(browser)))?;
    let version = Step::new(&program).arg("--version").ask();
    let version = version.map_err(|why| {
        let hint = format!("repair it, or set the environment variable {variable} to a {called} that works");
        Failure::new(format!("{} does not start: {why}", program.display())).hint(hint)
    })?;
    note(&format!("{version}: {}", program.display()));
    Ok(program)
}

fn find(browser: &Browser) -> Result<Option<PathBuf>, Failure> {
    let Browser { variable, programs, places, .. } = browser;
    if let Some(named) = std::env::var_os(variable).filter(|name| !name.is_empty()).map(PathBuf::from) {
        if named.is_file() {
            return Ok(Some(named));
        }
        let what = format!("the environment variable {variable} names {}, which is no file", named.display());
        return Err(Failure::new(what).hint(format!("correct or unset {variable}")));
    }
    let placed = || places.iter().map(PathBuf::from).find(|file| file.is_file());
    Ok(programs.iter().find_map(|name| find_program(name)).or_else(placed))
}

/// The Debian packages that lack: those of browsers, and of programs of Linux that are not there.
fn missing_packages(browsers: Vec<&'static str>, has: &dyn Fn(&str) -> bool) -> Vec<&'static str> {
    let tools = [("ip", "iproute2"), ("unshare", "util-linux")];
    let lacking = tools.into_iter().filter(|(tool, _)| cfg!(target_os = "linux") && !has(tool));
    browsers.into_iter().chain(lacking.map(|(_, package)| package)).collect()
}

/// The exact command for this system.
fn advice(browser: &Browser) -> String {
    let Browser { called, variable, debian: package, elsewhere: [brew, winget, linux], .. } = browser;
    let command = if cfg!(target_os = "macos") {
        format!("brew install --cask {brew}")
    } else if cfg!(windows) {
        format!("winget install {winget}")
    } else if find_program("apt-get").is_some() {
        debian::command(&[package])
    } else if find_program("dnf").is_some() {
        format!("sudo dnf install -y {linux}")
    } else if find_program("pacman").is_some() {
        format!("sudo pacman -S --noconfirm {linux}")
    } else if find_program("apk").is_some() {
        format!("sudo apk add {linux}")
    } else {
        format!("install {called}")
    };
    format!("{command}\nor set the environment variable {variable} to a {called}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lacks_is_installed() {
        assert!(missing_packages(Vec::new(), &|_| true).is_empty());
        assert_eq!(missing_packages(vec!["firefox-esr"], &|_| true), ["firefox-esr"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_network_tools_are_wanted_on_linux() {
        assert_eq!(missing_packages(Vec::new(), &|tool| tool == "unshare"), ["iproute2"]);
        assert_eq!(missing_packages(vec!["chromium"], &|_| false), ["chromium", "iproute2", "util-linux"]);
    }

    #[test]
    fn the_advice_names_the_way_around() {
        assert!(advice(&CHROMIUM).contains("CHROMIUM") && advice(&FIREFOX).contains("FIREFOX"));
    }
}
