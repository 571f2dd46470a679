//! Elements that are no numbers: enumerations and structs, and lists of texts.

use bytemuck::{AnyBitPattern, CheckedBitPattern};
use hdf5::H5Type;
use mpi::traits::Equivalence;
use ndarray::{Array0, Array2, Ix1, Ix2, arr0};
use num_complex::Complex;
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_io::hdf5::{AttributeElement, File, Storage};
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::{h5py, on_root};

#[derive(Debug, Clone, Copy, PartialEq, Default, CheckedBitPattern, H5Type)]
#[repr(u8)]
enum Phase {
    #[default]
    Solid = 1,
    Liquid = 2,
    Gas = 7,
}

partita::element!(Phase);
impl AttributeElement for Phase {}
impl AttributeElement for Particle {}

#[derive(Debug, Clone, Copy, PartialEq, Default, Equivalence, AnyBitPattern, H5Type)]
#[repr(C)]
pub struct Particle {
    pub position: [f64; 3],
    pub spin: Complex<f32>,
    pub charge: i32,
    pub species: u32,
}

/// What is read of particles that have more to them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Equivalence, AnyBitPattern, H5Type)]
#[repr(C)]
struct Brief {
    charge: i64,
    position: [f64; 3],
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Equivalence, AnyBitPattern, H5Type)]
#[repr(C)]
pub struct Padded {
    small: u8,
    large: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Default, CheckedBitPattern, H5Type)]
#[repr(i16)]
pub enum Charge {
    #[default]
    Neutral = 0,
    Negative = -2,
    Positive = 700,
}

partita::element!(Charge);

#[derive(Debug, Clone, Copy, PartialEq, Default, CheckedBitPattern, H5Type)]
#[repr(i16)]
enum Bound {
    #[default]
    Neutral = 0,
    Negative = -1,
}

partita::element!(Bound);

#[spmd_test(ranks = [1, 2])]
fn members_of_enumerations_have_signs(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("charges.h5");
    let grid = ProcessGrid::balanced(world, 1)?;
    let charges = [Charge::Negative, Charge::Neutral, Charge::Positive];
    let array = DistArray::from_fn(&grid, [7], |[i]| charges[i % 3])?;
    let mut file = File::create(world, &path)?;
    file.write("charges", &array)?;
    file.write_slice("charges", ndarray::s![..], &array)?;
    file.close()?;
    let file = File::open(world, &path)?;
    let read: DistArray<Charge, Ix1> = file.read("charges", &grid)?;
    assert_eq!(read.all_gather()?, array.all_gather()?);
    Ok(())
}

fn phase(index: usize) -> Phase {
    [Phase::Gas, Phase::Solid, Phase::Liquid][index % 3]
}

fn particle(index: usize) -> Particle {
    let real = index as f64;
    Particle {
        position: [real, -real, 0.5],
        spin: Complex::new(0.25, real as f32),
        charge: -(index as i32),
        species: index as u32 * 3,
    }
}

#[spmd_test(ranks = [1, 2, 3])]
fn enumerations_and_structs_go_through_and_h5py_knows_them(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("records.h5");
    let grid = ProcessGrid::balanced(world, 2)?;
    let phases = DistArray::from_fn(&grid, [5, 4], |[i, j]| phase(4 * i + j))?;
    let particles = DistArray::from_fn(&grid, [5, 4], |[i, j]| particle(4 * i + j))?;
    let storages = [
        Storage::contiguous(),
        Storage::chunks(&[2, 3]).shuffle().gzip(1),
    ];
    let mut file = File::create(world, &path)?;
    for (number, storage) in storages.iter().enumerate() {
        file.write_with(&format!("phases{number}"), &phases, storage)?;
        file.write_with(&format!("particles{number}"), &particles, storage)?;
    }
    file.create_dataset(
        "growing",
        [4],
        particle(7),
        &Storage::chunked().unlimited(0),
    )?;
    file.attribute("phase", arr0(Phase::Liquid))?;
    file.attribute("phases", [Phase::Gas, Phase::Solid])?;
    file.attribute(
        "particles",
        Array2::from_shape_fn((2, 1), |(i, _)| particle(i)),
    )?;
    file.write_texts("names", &["Anna", "Zoë", ""])?;
    file.close()?;
    let file = File::open(world, &path)?;
    assert_eq!(file.verify_all()?, 6);
    for number in 0..storages.len() {
        let read: DistArray<Phase, Ix2> = file.read(&format!("phases{number}"), &grid)?;
        assert_eq!(read.local(), phases.local());
        let name = format!("particles{number}");
        let read: DistArray<Particle, Ix2> = file.read(&name, &grid)?;
        assert_eq!(read.local(), particles.local());
        let brief: DistArray<Brief, Ix2> = file.read(&name, &grid)?;
        let expected = particles.local().map(|whole| Brief {
            charge: i64::from(whole.charge),
            position: whole.position,
        });
        assert_eq!(brief.local(), expected);
    }
    let phase: Array0<Phase> = file.read_attribute("phase")?;
    assert_eq!(phase, arr0(Phase::Liquid));
    let phases: Vec<Phase> = file.read_attribute("phases")?;
    assert_eq!(phases, [Phase::Gas, Phase::Solid]);
    let pair: Array2<Particle> = file.read_attribute("particles")?;
    assert_eq!((pair.dim(), pair[[1, 0]]), ((2, 1), particle(1)));
    let program = r#"
f = h5py.File(sys.argv[1])
assert h5py.check_enum_dtype(f['phases0'].dtype) == {'Solid': 1, 'Liquid': 2, 'Gas': 7}
assert (f['phases1'][:].ravel() == np.resize([7, 1, 2], 20)).all()
p = f['particles1'][:].ravel()
assert p.dtype.names == ('position', 'spin', 'charge', 'species'), p.dtype
n = np.arange(20)
assert (p['position'] == np.stack([n, -n, 0 * n + .5], axis=1)).all()
assert (p['spin'] == .25 + 1j * n).all() and p['spin'].dtype == np.complex64
assert (p['charge'] == -n).all() and (p['species'] == 3 * n).all()
assert (f['particles0'][:] == f['particles1'][:]).all()
assert (f['growing']['charge'] == -7).all()
assert f.attrs['phase'] == 2 and list(f.attrs['phases']) == [7, 1]
kind = f.attrs.get_id('phase').dtype
assert h5py.check_enum_dtype(kind) == {'Solid': 1, 'Liquid': 2, 'Gas': 7}
assert f.attrs['particles'].shape == (2, 1) and (f.attrs['particles']['species'] == [[0], [3]]).all()
assert list(f['names'].asstr()) == ['Anna', 'Zoë', '']
"#;
    h5py(world, program, &[&path])?;
    Ok(())
}

#[spmd_test(ranks = [2])]
fn what_h5py_writes_of_structs_is_read_and_what_does_not_fit_is_refused(
    world: &Communicator,
) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("theirs.h5");
    let program = r#"
f = h5py.File(sys.argv[1], 'w')
t = np.dtype([('name', 'S5'), ('charge', '>i2'), ('position', '<f4', 3)])
f['p'] = np.array([(b'abc', 5, (1, 2, 3)), (b'abcde', -6, (4, 5, 6))], t)
f['text'] = np.array([b'one', b'three'])
e = h5py.enum_dtype({'Solid': 1, 'Liquid': 2, 'Gas': 7}, basetype='u1')
f.create_dataset('phases', data=np.array([7, 1], 'u1'), dtype=e)
f.create_dataset('wrong', data=np.array([7, 3], 'u1'), dtype=e)
e = h5py.enum_dtype({'Solid': 1, 'Plasma': 2}, basetype='u1')
f.attrs.create('wrong', 3, dtype=h5py.enum_dtype({'Solid': 1, 'Liquid': 2, 'Gas': 7}, basetype='u1'))
e = h5py.enum_dtype({'Neutral': 0, 'Negative': -2, 'Positive': 700}, basetype='>i2')
f.create_dataset('charges', data=np.array([700, -2, 0]), dtype=e)
e = h5py.enum_dtype({'Neutral': 0, 'Negative': -1}, basetype='>i2')
f.create_dataset('minus one', data=np.array([-1, 0, 7]), dtype=e)
e = h5py.enum_dtype({'Solid': 1, 'Plasma': 2}, basetype='u1')
f.create_dataset('others', data=np.array([1, 1], 'u1'), dtype=e)
"#;
    if h5py(world, program, &[&path])?.is_none() {
        return Ok(());
    }
    let grid = ProcessGrid::balanced(world, 1)?;
    let file = File::open(world, &path)?;
    let read: DistArray<Brief, Ix1> = file.read("p", &grid)?;
    let expected = [(5, [1.0, 2.0, 3.0]), (-6, [4.0, 5.0, 6.0])];
    let expected = expected.map(|(charge, position)| Brief { charge, position });
    assert_eq!(read.all_gather()?.to_vec(), expected);
    assert_eq!(file.read_texts("text")?, ["one", "three"]);
    let phases: DistArray<Phase, Ix1> = file.read("phases", &grid)?;
    assert_eq!(phases.all_gather()?.to_vec(), [Phase::Gas, Phase::Solid]);
    let wrong = file.read::<Phase, Ix1>("wrong", &grid).unwrap_err();
    assert!(
        wrong.to_string().contains("is no value of its type"),
        "{wrong}"
    );
    let charges: DistArray<Charge, Ix1> = file.read("charges", &grid)?;
    let expected = [Charge::Positive, Charge::Negative, Charge::Neutral];
    assert_eq!(charges.all_gather()?.to_vec(), expected);
    // HDF5 makes -1 of what is no member when it turns bytes round.
    let wrong = file.read::<Bound, Ix1>("minus one", &grid).unwrap_err();
    let bounds: DistArray<Bound, Ix1> = file.read_slice("minus one", ndarray::s![..2], &grid)?;
    assert_eq!(
        bounds.all_gather()?.to_vec(),
        [Bound::Negative, Bound::Neutral]
    );
    assert!(
        wrong.to_string().contains("its element")
            && wrong.to_string().contains("is no value of its type"),
        "{wrong}"
    );
    let wrong = file.read_attribute::<Array0<Phase>>("wrong").unwrap_err();
    assert!(wrong.to_string().contains("is none of its type"), "{wrong}");
    let missing = file.read::<Particle, Ix1>("p", &grid).unwrap_err();
    assert!(
        missing.to_string().contains("not all of them can be held"),
        "{missing}"
    );
    let others = file.read::<Phase, Ix1>("others", &grid).unwrap_err();
    assert!(
        others.to_string().contains("not all of them can be held"),
        "{others}"
    );
    let number = file.read::<f64, Ix1>("p", &grid).unwrap_err();
    assert!(number.to_string().contains("not supported"), "{number}");

    // As they are stored, texts inside included.
    let copied = directory.join("copied.h5");
    let mut copy = File::create(world, &copied)?;
    copy.copy_from(&file, "p", "p")?;
    copy.close()?;
    let program = "a, b = h5py.File(sys.argv[1]), h5py.File(sys.argv[2])
assert a['p'].dtype == b['p'].dtype and (a['p'][:] == b['p'][:]).all()";
    h5py(world, program, &[&path, &copied])?;

    let padded = DistArray::from_fn(&grid, [3], |_| Padded::default())?;
    let mut file = File::create(world, directory.join("padded.h5"))?;
    let refused = file.write("x", &padded).unwrap_err();
    assert!(matches!(refused, Error::Unsupported { .. }), "{refused:?}");
    on_root(world, || ())?;
    Ok(())
}
