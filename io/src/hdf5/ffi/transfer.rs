//! One collective transfer, and what it really was.

use hdf5::{Dataset, Datatype};
use hdf5_sys::h5::{herr_t, hsize_t};
use hdf5_sys::h5d::{
    H5D_mpio_actual_chunk_opt_mode_t, H5D_mpio_actual_io_mode_t, H5Dread, H5Dwrite,
};
use hdf5_sys::h5i::hid_t;
use hdf5_sys::h5p::{
    H5FD_mpio_xfer_t, H5P_CLS_DATASET_XFER, H5Pclose, H5Pcreate, H5Pset_dxpl_mpio,
};
use hdf5_sys::h5s::{
    H5S_seloper_t, H5Sclose, H5Screate_simple, H5Sselect_hyperslab, H5Sselect_none,
};

use super::{Outcome, check, locked};
use crate::hdf5::dtype::is_plain;
use crate::hdf5::hyperslab::{Hyperslab, Piece};
use crate::hdf5::stripes::Stripes;

unsafe extern "C" {
    // Missing from the `-sys` crate. The mode is read as an integer: a newer library may know more.
    fn H5Pget_mpio_actual_io_mode(plist: hid_t, mode: *mut std::ffi::c_int) -> herr_t;
    fn H5Pget_mpio_actual_chunk_opt_mode(plist: hid_t, mode: *mut std::ffi::c_int) -> herr_t;
    fn H5Pget_mpio_no_collective_cause(plist: hid_t, local: *mut u32, global: *mut u32) -> herr_t;
}

/// What HDF5 reports of a transfer, in its own numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Performed {
    /// `H5D_mpio_actual_io_mode_t`.
    pub mode: i32,
    /// `H5D_mpio_actual_chunk_opt_mode_t`.
    pub chunk_mode: i32,
    /// The bits of `H5D_mpio_no_collective_cause_t`, over all ranks.
    pub no_collective_cause: u32,
}

impl Performed {
    pub const CONTIGUOUS: i32 = H5D_mpio_actual_io_mode_t::H5D_MPIO_CONTIGUOUS_COLLECTIVE as i32;
    pub const CHUNKED: i32 = H5D_mpio_actual_io_mode_t::H5D_MPIO_CHUNK_COLLECTIVE as i32;
    pub const MIXED: i32 = H5D_mpio_actual_io_mode_t::H5D_MPIO_CHUNK_MIXED as i32;
    pub const LINKED: i32 = H5D_mpio_actual_chunk_opt_mode_t::H5D_MPIO_LINK_CHUNK as i32;
    pub const MULTI: i32 = H5D_mpio_actual_chunk_opt_mode_t::H5D_MPIO_MULTI_CHUNK as i32;
}

/// Transfers between a dataset and this rank's memory. Where they are collective, every rank takes
/// part: with a piece of its own, or with none.
pub(crate) struct Exchange<'a> {
    pub dataset: &'a Dataset,
    /// The type of the elements in memory.
    pub memory: &'a Datatype,
    pub collective: bool,
}

impl Exchange<'_> {
    /// Writes `bytes` as the elements of `piece`. *Collective*, or not.
    pub fn write(&self, piece: Option<&Piece>, bytes: &[u8]) -> Outcome<Performed> {
        self.perform(piece, bytes.len(), |memory, file, properties| {
            // SAFETY: `perform` checked that `bytes` holds the selected elements and that these are numbers,
            // without pointers, and made the ids.
            check("H5Dwrite", unsafe {
                H5Dwrite(
                    self.dataset.id(),
                    self.memory.id(),
                    memory,
                    file,
                    properties,
                    bytes.as_ptr().cast(),
                )
            })
        })
    }

    /// Fills `bytes` with the elements of `piece`. *Collective*, or not.
    pub fn read(&self, piece: Option<&Piece>, bytes: &mut [u8]) -> Outcome<Performed> {
        let length = bytes.len();
        self.perform(piece, length, |memory, file, properties| {
            // SAFETY: as in `write`; `bytes` is borrowed exclusively.
            check("H5Dread", unsafe {
                H5Dread(
                    self.dataset.id(),
                    self.memory.id(),
                    memory,
                    file,
                    properties,
                    bytes.as_mut_ptr().cast(),
                )
            })
        })
    }

    fn perform<Call>(&self, piece: Option<&Piece>, bytes: usize, call: Call) -> Outcome<Performed>
    where
        Call: FnOnce(hid_t, hid_t, hid_t) -> Outcome<herr_t>,
    {
        let volume = piece.map_or(0, |piece| piece.elements.len());
        if volume.checked_mul(self.memory.size()) != Some(bytes) {
            return Err("the buffer is not as long as what is selected".into());
        }
        if !is_plain(&self.memory.to_descriptor()?) {
            return Err("only numbers are transferred".into());
        }
        locked(|| {
            let file = self.dataset.space()?;
            select(file.id(), piece, self.dataset.ndim())?;
            let memory = Id::memory_space(volume)?;
            let properties = Id::transfer(self.collective)?;
            call(memory.id, file.id(), properties.id)?;
            properties.performed()
        })
    }
}

/// Selects the piece in the dataset's space, or nothing.
fn select(space: hid_t, piece: Option<&Piece>, ndim: usize) -> Outcome<()> {
    let Some(piece) = piece else {
        // SAFETY: the id is open.
        check("H5Sselect_none", unsafe { H5Sselect_none(space) })?;
        return Ok(());
    };
    if piece.hyperslabs.iter().any(|slab| slab.len() != ndim) {
        return Err("the selection has another number of axes than the dataset".into());
    }
    if ndim == 0 {
        // A space without axes is selected whole from the beginning.
        return Ok(());
    }
    for (number, slab) in piece.hyperslabs.iter().enumerate() {
        let how = match number {
            0 => H5S_seloper_t::H5S_SELECT_SET,
            _ => H5S_seloper_t::H5S_SELECT_OR,
        };
        select_hyperslab(space, how, slab)?;
    }
    Ok(())
}

/// Selects one hyperslab with as many axes as the space, alone or besides what is selected.
fn select_hyperslab(space: hid_t, how: H5S_seloper_t, slab: &Hyperslab) -> Outcome<()> {
    let each = |value: fn(&Stripes) -> usize| -> Vec<hsize_t> {
        slab.iter()
            .map(|stripes| value(stripes) as hsize_t)
            .collect()
    };
    let (start, stride) = (each(|axis| axis.start), each(|axis| axis.stride));
    let (count, block) = (each(|axis| axis.count), each(|axis| axis.block));
    // SAFETY: the id is open; `select` saw that all four arrays have as many entries as the space has axes.
    check("H5Sselect_hyperslab", unsafe {
        H5Sselect_hyperslab(
            space,
            how,
            start.as_ptr(),
            stride.as_ptr(),
            count.as_ptr(),
            block.as_ptr(),
        )
    })?;
    Ok(())
}

/// An id that is closed when dropped. Closing these is local.
struct Id {
    id: hid_t,
    close: unsafe extern "C" fn(hid_t) -> herr_t,
}

impl Id {
    /// A run of `length` elements in memory.
    fn memory_space(length: usize) -> Outcome<Self> {
        let lengths = [length as hsize_t];
        // SAFETY: one axis, one length; null means as large as it will be.
        let id = unsafe { H5Screate_simple(1, lengths.as_ptr(), std::ptr::null()) };
        let space = Id {
            id: check("H5Screate_simple", id)?,
            close: H5Sclose,
        };
        if length == 0 {
            select(space.id, None, 1)?;
        }
        Ok(space)
    }

    /// The properties of a transfer.
    fn transfer(collective: bool) -> Outcome<Self> {
        // SAFETY: the class id is the library's own, and initialised under the lock.
        let id = unsafe { H5Pcreate(*H5P_CLS_DATASET_XFER) };
        let list = Id {
            id: check("H5Pcreate", id)?,
            close: H5Pclose,
        };
        let mode = match collective {
            true => H5FD_mpio_xfer_t::H5FD_MPIO_COLLECTIVE,
            false => H5FD_mpio_xfer_t::H5FD_MPIO_INDEPENDENT,
        };
        // SAFETY: the list is open and of this class.
        check("H5Pset_dxpl_mpio", unsafe {
            H5Pset_dxpl_mpio(list.id, mode)
        })?;
        Ok(list)
    }

    fn performed(&self) -> Outcome<Performed> {
        let (mut mode, mut chunk_mode, mut local, mut global) = (0, 0, 0, 0);
        // SAFETY: the list is open and of the transfer class; the results are live locals.
        unsafe {
            check(
                "H5Pget_mpio_actual_io_mode",
                H5Pget_mpio_actual_io_mode(self.id, &mut mode),
            )?;
            check(
                "H5Pget_mpio_actual_chunk_opt_mode",
                H5Pget_mpio_actual_chunk_opt_mode(self.id, &mut chunk_mode),
            )?;
            check(
                "H5Pget_mpio_no_collective_cause",
                H5Pget_mpio_no_collective_cause(self.id, &mut local, &mut global),
            )?;
        }
        Ok(Performed {
            mode,
            chunk_mode,
            no_collective_cause: local | global,
        })
    }
}

impl Drop for Id {
    fn drop(&mut self) {
        // SAFETY: the id is this value's own, of the kind that `close` closes.
        locked(|| unsafe { (self.close)(self.id) });
    }
}
