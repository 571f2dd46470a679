//! XDMF: an account of what lies in an HDF5 file, by which ParaView and VisIt draw it.
//!
//! An HDF5 file does not say where its cells are in space. The XDMF file beside it does: a uniform grid, fields
//! on it, and the steps of a series with their times.

use std::fmt::Write as _;
use std::path::Path;

use ndarray::Ix1;
use partita::{DistArray, Error, ProcessGrid, Result};

use crate::agreed::on_root;
use crate::hdf5::{DatasetEntry, EntryKind, File, Reading};
use crate::save::Replacement;

/// Fields on a uniform grid, in an HDF5 file: whole datasets, or series of steps along their first axis.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// use partita_io::hdf5::File;
/// use partita_io::xdmf::Xdmf;
/// let file = File::open(world, "run.h5")?;
/// Xdmf::new().spacing(&[0.1, 0.1]).series("u", "time").write(&file, "run.xmf")?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Xdmf {
    origin: Vec<f64>,
    spacing: Vec<f64>,
    fields: Vec<String>,
    series: Option<(Vec<String>, String)>,
}

impl Xdmf {
    /// A grid from the origin, with cells of length 1, and nothing on it.
    pub fn new() -> Self {
        Xdmf::default()
    }

    /// Where the grid begins, axis by axis as the datasets have them.
    pub fn origin(mut self, origin: &[f64]) -> Self {
        self.origin = origin.to_vec();
        self
    }

    /// The length of a cell along each axis.
    pub fn spacing(mut self, spacing: &[f64]) -> Self {
        self.spacing = spacing.to_vec();
        self
    }

    /// A dataset of two or three axes.
    pub fn field(mut self, dataset: &str) -> Self {
        self.fields.push(dataset.to_string());
        self
    }

    /// A dataset of three or four axes, the first of them the steps, and the dataset of their times; more
    /// series have the same times.
    pub fn series(mut self, dataset: &str, times: &str) -> Self {
        let (datasets, known) = self.series.get_or_insert_default();
        datasets.push(dataset.to_string());
        *known = times.to_string();
        self
    }

    /// Writes the account of `file` to `path`, all or nothing. *Collective.*
    ///
    /// # Cost
    /// The root writes some hundred bytes a field and step; the times are read.
    ///
    /// # Errors
    /// [`Error::Format`] when there is no such dataset; [`Error::Shape`] when the datasets are not of one
    /// shape of two or three axes; [`Error::Unsupported`] when elements are no numbers that XDMF knows;
    /// [`Error::Io`].
    pub fn write(&self, file: &File<Reading>, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let world = file.communicator();
        let times: Vec<f64> = match &self.series {
            None => Vec::new(),
            Some((_, times)) => {
                let line = ProcessGrid::balanced(world, 1)?;
                let times: DistArray<f64, Ix1> = file.read(times, &line)?;
                times.all_gather()?.to_vec()
            }
        };
        let tree = file.tree()?;
        let find = |name: &String| -> Result<Field> {
            let full = format!("/{}", name.trim_matches('/'));
            tree.iter()
                .find_map(|entry| match &entry.kind {
                    EntryKind::Dataset(dataset) if entry.name == full => {
                        Some(Field::new(&full, dataset))
                    }
                    _ => None,
                })
                .unwrap_or_else(|| {
                    let detail = format!("no dataset {name:?} in it");
                    Err(Error::format("describe", file.path(), detail))
                })
        };
        let fields = self.fields.iter().map(find).collect::<Result<Vec<_>>>()?;
        let series = self.series.iter().flat_map(|(datasets, _)| datasets);
        let series = series.map(find).collect::<Result<Vec<_>>>()?;
        let document = Document {
            grid: self.grid(&fields, &series)?,
            source: reference(file.path(), path),
            fields,
            series,
            times,
        };
        let replacement = Replacement::begin(world, path)?;
        on_root(world, || {
            std::fs::write(replacement.path(), document.text())
                .map_err(|cause| Error::io("write", path, cause))
        })?;
        replacement.commit()
    }

    /// The one shape of all fields, and where its cells are.
    fn grid(&self, fields: &[Field], series: &[Field]) -> Result<Grid> {
        let steps = series
            .iter()
            .map(|field| field.shape.get(1..).unwrap_or_default());
        let mut shapes = fields
            .iter()
            .map(|field| field.shape.as_slice())
            .chain(steps);
        let shape = shapes.next().unwrap_or_default().to_vec();
        let refused = |detail: String| Err(Error::shape("xdmf", detail));
        if let Some(other) = shapes.find(|other| **other != shape) {
            return refused(format!(
                "fields of shapes {shape:?} and {other:?} are not on one grid"
            ));
        }
        if !(2..=3).contains(&shape.len()) {
            return refused(format!("a grid of {shape:?} has not two or three axes"));
        }
        let numbers = |given: &[f64], otherwise: f64| match given.len() {
            0 => Some(vec![otherwise; shape.len()]),
            length => (length == shape.len()).then(|| given.to_vec()),
        };
        let (origin, spacing) = (numbers(&self.origin, 0.0), numbers(&self.spacing, 1.0));
        let (Some(origin), Some(spacing)) = (origin, spacing) else {
            return refused(format!(
                "origin and spacing need {} numbers each",
                shape.len()
            ));
        };
        Ok(Grid {
            shape,
            origin,
            spacing,
        })
    }
}

/// A dataset as XDMF knows it.
#[derive(Debug)]
struct Field {
    name: String,
    shape: Vec<usize>,
    number: &'static str,
    precision: usize,
}

impl Field {
    fn new(name: &str, dataset: &DatasetEntry) -> Result<Self> {
        let (number, precision) = match dataset.element.as_str() {
            "float32" => ("Float", 4),
            "float64" => ("Float", 8),
            "int8" => ("Char", 1),
            "uint8" => ("UChar", 1),
            "int16" => ("Short", 2),
            "uint16" => ("UShort", 2),
            "int32" => ("Int", 4),
            "uint32" => ("UInt", 4),
            "int64" => ("Int", 8),
            "uint64" => ("UInt", 8),
            other => {
                return Err(Error::Unsupported {
                    operation: "describe".to_string(),
                    path: name.to_string(),
                    feature: format!("XDMF of elements that are {other}"),
                });
            }
        };
        Ok(Field {
            name: name.to_string(),
            shape: dataset.shape.clone(),
            number,
            precision,
        })
    }
}

struct Grid {
    shape: Vec<usize>,
    origin: Vec<f64>,
    spacing: Vec<f64>,
}

struct Document {
    grid: Grid,
    /// The HDF5 file, as seen from the folder of the XDMF file.
    source: String,
    fields: Vec<Field>,
    series: Vec<Field>,
    times: Vec<f64>,
}

impl Document {
    fn text(&self) -> String {
        let mut text = String::from("<?xml version=\"1.0\" ?>\n<Xdmf Version=\"3.0\">\n<Domain>\n");
        if self.series.is_empty() {
            self.step(&mut text, None);
        } else {
            text += "<Grid Name=\"steps\" GridType=\"Collection\" CollectionType=\"Temporal\">\n";
            for step in 0..self.times.len() {
                self.step(&mut text, Some(step));
            }
            text += "</Grid>\n";
        }
        text + "</Domain>\n</Xdmf>\n"
    }

    fn step(&self, text: &mut String, step: Option<usize>) {
        let Grid {
            shape,
            origin,
            spacing,
        } = &self.grid;
        let (ndim, axes) = (shape.len(), ["DXDY", "DXDYDZ"][shape.len() - 2]);
        // Cells lie between points: there is one point more along each axis.
        let points: Vec<usize> = shape.iter().map(|&length| length + 1).collect();
        let numbers = |values: &[f64]| {
            let values = words(values);
            format!("<DataItem Dimensions=\"{ndim}\" Format=\"XML\">{values}</DataItem>\n")
        };
        *text += "<Grid Name=\"grid\" GridType=\"Uniform\">\n";
        if let Some(step) = step {
            let _ = writeln!(text, "<Time Value=\"{:?}\" />", self.times[step]);
        }
        let points = words(&points);
        let _ = writeln!(
            text,
            "<Topology TopologyType=\"{ndim}DCoRectMesh\" Dimensions=\"{points}\" />\n\
             <Geometry GeometryType=\"ORIGIN_{axes}\">"
        );
        *text += &numbers(origin);
        *text += &numbers(spacing);
        *text += "</Geometry>\n";
        for field in &self.fields {
            let item = self.item(field);
            attribute(text, field, &item);
        }
        for field in self.series.iter().filter(|_| step.is_some()) {
            let item = self.part(field, step.unwrap_or(0));
            attribute(text, field, &item);
        }
        *text += "</Grid>\n";
    }

    fn item(&self, field: &Field) -> String {
        let (shape, number, precision) = (words(&field.shape), field.number, field.precision);
        let place = escaped(&format!("{}:{}", self.source, field.name));
        format!(
            "<DataItem Dimensions=\"{shape}\" NumberType=\"{number}\" Precision=\"{precision}\" \
             Format=\"HDF\">{place}</DataItem>\n"
        )
    }

    fn part(&self, field: &Field, step: usize) -> String {
        let rest = &field.shape[1..];
        let ndim = field.shape.len();
        let start = [&[step], vec![0; rest.len()].as_slice()].concat();
        let (ones, count) = (vec![1; ndim], [&[1], rest].concat());
        let (start, stride, count) = (words(&start), words(&ones), words(&count));
        let (whole, shape) = (self.item(field), words(rest));
        format!(
            "<DataItem ItemType=\"HyperSlab\" Dimensions=\"{shape}\">\n\
             <DataItem Dimensions=\"3 {ndim}\" Format=\"XML\">{start} {stride} {count}</DataItem>\n\
             {whole}</DataItem>\n"
        )
    }
}

fn attribute(text: &mut String, field: &Field, item: &str) {
    let name = escaped(field.name.trim_start_matches('/'));
    let _ = write!(
        text,
        "<Attribute Name=\"{name}\" AttributeType=\"Scalar\" Center=\"Cell\">\n{item}</Attribute>\n"
    );
}

fn words<T: std::fmt::Debug>(values: &[T]) -> String {
    let words: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    words.join(" ")
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

/// The HDF5 file as readers find it from the XDMF file: by its name where they lie in one folder.
fn reference(source: &Path, from: &Path) -> String {
    let folder = |path: &Path| path.parent().map(Path::to_path_buf).unwrap_or_default();
    match (folder(source) == folder(from), source.file_name()) {
        (true, Some(name)) => name.to_string_lossy().into_owned(),
        _ => std::path::absolute(source)
            .unwrap_or_else(|_| source.to_path_buf())
            .to_string_lossy()
            .into_owned(),
    }
}
