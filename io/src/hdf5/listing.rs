//! The datasets that are in a file.

use hdf5::{Group, LinkType, LocationToken, LocationType};

use super::ffi::{Cause, LinkTarget, link_target};
use super::printable;

/// The datasets there are, for a person to choose from.
pub(super) fn enumeration(datasets: &[String]) -> String {
    const MOST: usize = 20;
    const LONGEST: usize = 100;
    let named = datasets.iter().take(MOST);
    let named: Vec<String> = named.map(|name| printable(name, LONGEST)).collect();
    let named = named.join(", ");
    match datasets.len() {
        0 => "there is none".to_string(),
        length if length > MOST => format!("there are {length}: {named}, …"),
        _ => format!("there is {named}"),
    }
}

/// Whether a name has been read as what it is. HDF5 has names of any bytes, which find nothing when they are written
/// in other ones.
pub(super) fn is_own_name(name: &str) -> bool {
    !name.contains(char::REPLACEMENT_CHARACTER)
}

/// The full names of all datasets that lie in the file itself, in order; links are not followed.
pub(super) fn list(file: &hdf5::File) -> std::result::Result<Vec<String>, Cause> {
    let datasets = walk(file)?.into_iter();
    let mut names: Vec<String> = datasets.map(|(name, _)| name).collect();
    names.sort();
    Ok(names)
}

/// The same in any order, each with its place.
pub(super) fn walk(file: &hdf5::File) -> std::result::Result<Vec<(String, LocationToken)>, Cause> {
    let mut datasets = Vec::new();
    let root = file.group("/")?;
    let mut seen = vec![root.loc_info()?.token];
    let mut groups = vec![(String::new(), root)];
    while let Some((path, group)) = groups.pop() {
        for (name, token, kind) in members(&group)? {
            let full = format!("{path}/{name}");
            match kind {
                LocationType::Dataset => datasets.push((full, token)),
                // Hard links can make a circle of groups.
                LocationType::Group if !seen.contains(&token) => {
                    seen.push(token);
                    groups.push((full, group.group(&name)?));
                }
                _ => {}
            }
        }
    }
    Ok(datasets)
}

type Member = (String, LocationToken, LocationType);

fn members(group: &Group) -> hdf5::Result<Vec<Member>> {
    let mut members = Vec::new();
    group.iter_visit_default(|name, link| {
        if link.link_type != LinkType::Hard {
            return Ok(());
        }
        match group.loc_info_by_name(name) {
            Ok(info) => members.push((name.to_string(), info.token, info.loc_type)),
            Err(_) if !is_own_name(name) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    })?;
    Ok(members)
}

/// The name that `name`, a full one, stands for when the links by name on the way are followed.
pub(super) fn real_name(file: &hdf5::File, name: &str) -> std::result::Result<String, Cause> {
    /// HDF5 itself gives up earlier.
    const MOST_LINKS: usize = 32;
    let (root, mut name) = (file.group("/")?, name.to_string());
    for _ in 0..MOST_LINKS {
        let ends = name.match_indices('/').map(|(end, _)| end).skip(1);
        let links = ends.chain([name.len()]).filter_map(|end| {
            // Of what is no link HDF5 says that it has no value.
            match link_target(&root, &name[..end]) {
                Ok(LinkTarget::Soft(target)) => Some((end, target)),
                _ => None,
            }
        });
        let Some((end, target)) = { links }.next() else {
            break;
        };
        let (rest, parent) = (&name[end..], name[..end].rfind('/').unwrap_or(0));
        name = match target.starts_with('/') {
            true => format!("{target}{rest}"),
            false => format!("{}/{target}{rest}", &name[..parent]),
        };
    }
    Ok(name)
}
