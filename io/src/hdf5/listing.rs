//! The datasets that are in a file.

use hdf5::{Group, LinkType, LocationToken, LocationType};

use super::ffi::{Cause, LinkTarget, link_target};

/// The datasets there are, for a person to choose from.
pub(super) fn enumeration(datasets: &[String]) -> String {
    const MOST: usize = 20;
    match datasets.len() {
        0 => "there is none".to_string(),
        length if length > MOST => {
            format!("there are {length}: {}, …", datasets[..MOST].join(", "))
        }
        _ => format!("there is {}", datasets.join(", ")),
    }
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
    let mut seen = Vec::new();
    let mut groups = vec![(String::new(), file.group("/")?)];
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
        if link.link_type == LinkType::Hard {
            let info = group.loc_info_by_name(name)?;
            members.push((name.to_string(), info.token, info.loc_type));
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
