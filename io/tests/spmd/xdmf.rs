//! What ParaView is told of a file.

use ndarray::{Ix2, Ix3};
use partita::{Communicator, Error, ProcessGrid, Result};
use partita_io::hdf5::{File, Series};
use partita_io::xdmf::Xdmf;
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::{h5py, numbered};

#[spmd_test(ranks = [1, 3])]
fn an_account_of_fields_and_steps_leads_to_their_data(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let (path, account) = (directory.join("run.h5"), directory.join("run.xmf"));
    let grid = ProcessGrid::balanced(world, 2)?;
    let block = ProcessGrid::balanced(world, 3)?;
    let mut file = File::create(world, &path)?;
    for step in 0..3 {
        let u = numbered(&grid, Ix2(4, 5))?.map(|value| value + step as f64);
        Series::new("u").append(&mut file, 0.5 * step as f64, &u)?;
    }
    file.write(
        "mask",
        &numbered(&grid, Ix2(4, 5))?.map(|value| value as u8),
    )?;
    file.write("block", &numbered(&block, Ix3(2, 3, 4))?)?;
    file.write(
        "wave",
        &numbered(&grid, Ix2(4, 5))?.map(|value| num_complex::Complex::new(value, 0.0)),
    )?;
    file.close()?;
    let file = File::open(world, &path)?;
    let steps = Xdmf::new()
        .spacing(&[0.5, 0.25])
        .origin(&[1.0, 2.0])
        .field("mask")
        .series("u", "time");
    steps.write(&file, &account)?;
    let program = r#"
import xml.etree.ElementTree as tree, os
folder = os.path.dirname(sys.argv[1])
grids = tree.parse(sys.argv[1]).getroot().findall("./Domain/Grid/Grid")
assert [float(grid.find("Time").get("Value")) for grid in grids] == [0.0, 0.5, 1.0]
for step, grid in enumerate(grids):
    assert grid.find("Topology").get("Dimensions") == "5 6"
    origin, spacing = [item.text for item in grid.find("Geometry")]
    assert origin == "1.0 2.0" and spacing == "0.5 0.25"
    mask, u = grid.findall("Attribute")
    name, place = mask.find("DataItem").text.split(":")
    assert name == "run.h5" and mask.find("DataItem").get("NumberType") == "UChar"
    with h5py.File(os.path.join(folder, name)) as file:
        assert file[place].shape == (4, 5)
        slab, whole = u.find("DataItem")
        start, stride, count = np.array(slab.text.split(), dtype=int).reshape(3, 3)
        data = file[whole.text.split(":")[1]]
        assert tuple(map(int, whole.get("Dimensions").split())) == data.shape
        part = data[tuple(slice(s, s + c) for s, c in zip(start, count))]
        assert np.array_equal(part[0], np.arange(20.0).reshape(4, 5) + step)
print("read")
"#;
    let said = h5py(world, program, &[&account])?;
    assert!(said.is_none_or(|said| said == "read"));
    Xdmf::new().field("/block").write(&file, &account)?;
    let text = std::fs::read_to_string(&account).unwrap();
    assert!(
        text.contains("TopologyType=\"3DCoRectMesh\" Dimensions=\"3 4 5\""),
        "{text}"
    );
    world.barrier()?;
    let refused = |account: Xdmf| account.write(&file, directory.join("no.xmf")).unwrap_err();
    assert!(matches!(
        refused(Xdmf::new().field("block").field("mask")),
        Error::Shape { .. }
    ));
    assert!(matches!(
        refused(Xdmf::new().field("nothing")),
        Error::Format { .. }
    ));
    assert!(matches!(
        refused(Xdmf::new().field("wave")),
        Error::Unsupported { .. }
    ));
    assert!(matches!(
        refused(Xdmf::new().field("mask").spacing(&[1.0])),
        Error::Shape { .. }
    ));
    assert!(!directory.join("no.xmf").exists());
    Ok(())
}
