//! Data into arrays that are there already.

use bytemuck::AnyBitPattern;
use ndarray::ArrayView;
use partita::layout::Axes;
use partita::{DistArray, Error, Result};

use super::dtype::Hdf5Element;
use super::ffi::as_bytes_mut;
use super::file::{Access, File};
use super::hyperslab::Selection;
use super::transfer::Part;

impl<Mode: Access> File<Mode> {
    /// Reads a dataset into an array that is there, over what it holds. *Collective.*
    ///
    /// Memory that was written before takes data two to three times as fast as new memory: for files that are
    /// read again and again, as in a loop over the steps of a run. A halo is what it was.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use partita::{DistArray, ProcessGrid};
    /// use partita_io::hdf5::File;
    /// let grid = ProcessGrid::balanced(world, 2)?;
    /// let mut u = DistArray::full(&grid, [4000, 3000], 0.0)?;
    /// for step in 0..10 {
    ///     File::open(world, format!("{step}.h5"))?.read_into("u", &mut u)?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Shapes
    /// The dataset has the array's shape.
    ///
    /// # Cost
    /// As [`read`](Self::read); the local part once more where it lies in a halo.
    ///
    /// # Errors
    /// As [`read`](Self::read). After an error that came while data were read, the array may hold any values.
    pub fn read_into<A, D>(&self, name: &str, array: &mut DistArray<A, D>) -> Result<()>
    where
        A: Hdf5Element + AnyBitPattern,
        D: Axes,
    {
        let operation = format!("read {name:?} from");
        let described = self.ask_and_release(&operation, array.shape(), |source| {
            source.describe(name, &A::type_descriptor(), self.lossy)
        })?;
        // Replicated.
        if described.shape != array.shape() {
            let (dataset, array) = (&described.shape, array.shape());
            let detail = format!("the dataset has shape {dataset:?}, the array {array:?}");
            return Err(Error::shape(self.on_path(&operation), detail));
        }
        self.same_ranks(&operation, array.communicator())?;
        let selection = Selection::of_layout(array.layout(), array.communicator().rank());
        let part = Part {
            dataset: name,
            selection: &selection,
        };
        let mut local = array.local_mut();
        // Local: memory that lies in one piece here may not there.
        let mut apart = Vec::new();
        let room = match local.as_slice_mut() {
            Some(_) => Ok(()),
            None => apart.try_reserve_exact(local.len()),
        };
        let bytes = (local.len() * size_of::<A>()) as u64;
        self.communicator.agree(room.map_err(|_| Error::Memory {
            operation: self.on_path(&operation),
            bytes,
        }))?;
        if let Some(elements) = local.as_slice_mut() {
            let bytes = self.agreed_bytes(&operation, elements)?;
            return self.read_bytes::<A>(&operation, part, &described, bytes);
        }
        apart.extend(local.iter());
        let bytes = self.agreed_bytes(&operation, &mut apart)?;
        self.read_bytes::<A>(&operation, part, &described, bytes)?;
        let shape = local.raw_dim();
        local.assign(&ArrayView::from_shape(shape, &apart)?);
        Ok(())
    }

    /// Replicated, as it is the type that may have none.
    fn agreed_bytes<'a, A: Hdf5Element + AnyBitPattern>(
        &self,
        operation: &str,
        elements: &'a mut [A],
    ) -> Result<&'a mut [u8]> {
        as_bytes_mut(elements).map_err(|cause| Error::Unsupported {
            operation: operation.to_string(),
            path: self.path.display().to_string(),
            feature: cause.to_string(),
        })
    }
}
