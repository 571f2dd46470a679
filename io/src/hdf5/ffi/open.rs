//! Opening files for all ranks together, and datasets without leaving their file.

use std::ffi::{CStr, CString, OsStr, OsString, c_char, c_void};
use std::mem::ManuallyDrop;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use hdf5::file::{FileAccess, FileCloseDegree};
use hdf5::plist::DatasetAccess;
use hdf5::{Dataset, Location};
use hdf5_sys::h5::herr_t;
use hdf5_sys::h5d::H5Dopen2;
use hdf5_sys::h5f::{H5F_ACC_RDONLY, H5F_ACC_RDWR, H5Fget_name, H5Fopen};
use hdf5_sys::h5i::hid_t;
use hdf5_sys::h5o::H5Oopen;
use hdf5_sys::h5p::{H5Pset_elink_cb, H5Pset_fapl_mpio};
use mpi::ffi::{MPI_Comm, RSMPI_INFO_NULL};

use super::{Cause, Outcome, check, locked};

/// Open MPI 4.1 adds ".locktest." and the rank's number to the path, in 256 bytes, and ends the program when those do
/// not suffice.
const LONGEST_PATH: usize = 240;

fn is_open_mpi_4() -> bool {
    mpi::environment::library_version().is_ok_and(|name| name.starts_with("Open MPI v4"))
}

/// A file that all ranks of a communicator have open together.
///
/// Closing is collective, therefore nothing but [`close`](ParallelFile::close) closes it: dropped, it
/// stays open, and the program must not end MPI in order ([`partita::abandon`]).
pub(crate) struct ParallelFile {
    file: ManuallyDrop<hdf5::File>,
}

impl ParallelFile {
    /// Opens an existing file. *Collective.*
    ///
    /// `together`: all that is read afterwards, where data lie included, all ranks read together.
    pub fn open(
        path: &Path,
        communicator: MPI_Comm,
        writable: bool,
        together: bool,
    ) -> Outcome<Self> {
        let name = CString::new(path.as_os_str().as_bytes())
            .map_err(|_| Cause::from("the path has a NUL in it"))?;
        // Replicated, as paths are.
        if name.as_bytes().len() > LONGEST_PATH && is_open_mpi_4() {
            let words = format!(
                "its path is longer than {LONGEST_PATH} bytes, and Open MPI 4 crashes on such"
            );
            return Err(Cause::from(words.as_str()));
        }
        let flags = if writable {
            H5F_ACC_RDWR
        } else {
            H5F_ACC_RDONLY
        };
        locked(|| {
            let access = FileAccess::build()
                // Closing the file closes what is open in it, instead of waiting for that.
                .fclose_degree(FileCloseDegree::Strong)
                .all_coll_metadata_ops(together)
                .coll_metadata_write(true)
                .finish()?;
            // SAFETY: the list is open and the communicator live (HDF5 duplicates it); the name is a C
            // string; the new id belongs to nothing else.
            let file = unsafe {
                check(
                    "H5Pset_fapl_mpio",
                    H5Pset_fapl_mpio(access.id(), communicator, RSMPI_INFO_NULL),
                )?;
                let id = check("H5Fopen", H5Fopen(name.as_ptr(), flags, access.id()))?;
                hdf5::from_id::<hdf5::File>(id)?
            };
            Ok(ParallelFile {
                file: ManuallyDrop::new(file),
            })
        })
    }

    /// A dataset of this file, which the file closes. *Collective.*
    pub fn dataset(&self, name: &str) -> Result<ManuallyDrop<Dataset>, DatasetRefusal> {
        open_dataset(&self.file, name, false).map(ManuallyDrop::new)
    }

    /// Flushes and closes the file and what is open in it. *Collective.*
    pub fn close(self) -> Outcome<()> {
        Ok(ManuallyDrop::into_inner(self.file).close()?)
    }
}

/// Why a dataset was not opened.
#[derive(Debug)]
pub(crate) enum DatasetRefusal {
    /// The way there leads through an external link, into another file.
    ExternalLink,
    /// HDF5's reason.
    Failed(Cause),
}

impl From<Cause> for DatasetRefusal {
    fn from(cause: Cause) -> Self {
        DatasetRefusal::Failed(cause)
    }
}

impl From<hdf5::Error> for DatasetRefusal {
    fn from(error: hdf5::Error) -> Self {
        DatasetRefusal::Failed(error.into())
    }
}

/// Set and read under the lock.
static EXTERNAL_LINK_MET: AtomicBool = AtomicBool::new(false);

/// Opens a dataset, in `location`'s own file unless it may be in another. *Collective* where that file is.
pub(crate) fn open_dataset(
    location: &Location,
    name: &str,
    may_leave: bool,
) -> Result<Dataset, DatasetRefusal> {
    open(location, name, may_leave, |location, name, access| {
        // SAFETY: the ids are open, the name is a C string; the new id belongs to nothing else.
        unsafe {
            let id = check("H5Dopen", H5Dopen2(location, name.as_ptr(), access))?;
            Ok(hdf5::from_id(id)?)
        }
    })
}

/// The same of a group, a dataset or a type. *Local.*
pub(crate) fn open_object(
    location: &Location,
    name: &str,
    may_leave: bool,
) -> Result<Location, DatasetRefusal> {
    open(location, name, may_leave, |location, name, access| {
        // SAFETY: as above.
        unsafe {
            let id = check("H5Oopen", H5Oopen(location, name.as_ptr(), access))?;
            Ok(hdf5::from_id(id)?)
        }
    })
}

fn open<Object>(
    location: &Location,
    name: &str,
    may_leave: bool,
    by: impl FnOnce(hid_t, &CStr, hid_t) -> Outcome<Object>,
) -> Result<Object, DatasetRefusal> {
    let name = CString::new(name).map_err(|_| Cause::from("the name has a NUL in it"))?;
    locked(|| {
        let access = DatasetAccess::try_new()?;
        EXTERNAL_LINK_MET.store(false, Ordering::Relaxed);
        // SAFETY: the list is open, the callback lives for ever and takes no data.
        unsafe {
            check(
                "H5Pset_elink_cb",
                H5Pset_elink_cb(
                    access.id(),
                    Some(if may_leave {
                        refuse_irregular_file
                    } else {
                        refuse_external_link
                    }),
                    std::ptr::null_mut(),
                ),
            )?;
        }
        by(location.id(), &name, access.id()).map_err(|cause| {
            match EXTERNAL_LINK_MET.load(Ordering::Relaxed) {
                true => DatasetRefusal::ExternalLink,
                false => cause.into(),
            }
        })
    })
}

/// HDF5 asks this before it opens another file for a link.
extern "C" fn refuse_external_link(
    _parent_file: *const c_char,
    _parent_group: *const c_char,
    _child_file: *const c_char,
    _child_object: *const c_char,
    _flags: *mut std::ffi::c_uint,
    _access: hid_t,
    _data: *mut c_void,
) -> herr_t {
    EXTERNAL_LINK_MET.store(true, Ordering::Relaxed);
    -1
}

/// The same where links may lead into other files: HDF5 would wait for a FIFO.
extern "C" fn refuse_irregular_file(
    parent_file: *const c_char,
    _parent_group: *const c_char,
    child_file: *const c_char,
    _child_object: *const c_char,
    _flags: *mut std::ffi::c_uint,
    _access: hid_t,
    _data: *mut c_void,
) -> herr_t {
    if parent_file.is_null() || child_file.is_null() {
        return -1;
    }
    // SAFETY: HDF5 hands over C strings, that live for this call.
    let (parent, child) = unsafe { (CStr::from_ptr(parent_file), CStr::from_ptr(child_file)) };
    let path = |text: &CStr| Path::new(OsStr::from_bytes(text.to_bytes())).to_path_buf();
    let (parent, child) = (path(parent), path(child));
    let beside = parent.parent().map(|folder| folder.join(&child));
    let is_irregular = |path: &Path| path.metadata().is_ok_and(|file| !file.is_file());
    if is_irregular(&child) || beside.is_some_and(|beside| is_irregular(&beside)) {
        EXTERNAL_LINK_MET.store(true, Ordering::Relaxed);
        return -1;
    }
    0
}

/// The file that an object lies in, as HDF5 opened it. *Local.*
pub(crate) fn name_of_file(object: &Location) -> Outcome<PathBuf> {
    let mut name = vec![0u8; 8192];
    let length = locked(|| {
        // SAFETY: the id is open, and `name` has the length that is given.
        let length = unsafe { H5Fget_name(object.id(), name.as_mut_ptr().cast(), name.len()) };
        check("H5Fget_name", length as i64)
    })?;
    name.truncate(length as usize);
    Ok(PathBuf::from(OsString::from_vec(name)))
}
