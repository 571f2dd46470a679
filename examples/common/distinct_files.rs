//! Files that a command line names: no two of them may be one, or one would replace the other.

use std::path::PathBuf;

use partita::prelude::*;

/// Checks flags and the files they name.
pub fn check<const COUNT: usize>(named: [(&str, Option<PathBuf>); COUNT]) -> Result<()> {
    let named: Vec<_> = named
        .into_iter()
        .filter_map(|(flag, path)| Some((flag, destination(path?))))
        .collect();
    for (place, (flag, path)) in named.iter().enumerate() {
        if let Some((other, _)) = named[..place].iter().find(|(_, earlier)| earlier == path) {
            let path = path.display();
            return Err(Error::usage(format!("{other} and {flag} both name {path}")));
        }
    }
    Ok(())
}

/// The file behind a path: links followed, where there is something to follow.
fn destination(path: PathBuf) -> PathBuf {
    let resolved = path.canonicalize().or_else(|_| {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.canonicalize()?,
            _ => std::env::current_dir()?,
        };
        Ok::<_, std::io::Error>(folder.join(path.file_name().unwrap_or_default()))
    });
    resolved.unwrap_or(path)
}
