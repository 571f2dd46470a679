//! Reductions by a user's function, in a tree over the positions of the elements.

use crate::array::DistArray;
use crate::comm::{Call, Communicator, Element, Parts};
use crate::error::Result;
use crate::layout::{Axes, block_owner};

/// The value of the elements at the positions start..start + 2^level, as far as there are any.
#[derive(Debug, Clone, Copy)]
struct Node<A> {
    start: usize,
    level: u32,
    value: A,
}

/// A binary tree over the positions 0..length: each node's children are its two halves, and where the right
/// one would lie beyond the end, the node is its left child.
struct Tree<F> {
    length: usize,
    combine: F,
}

impl<F> Tree<F> {
    /// Puts a node behind others, and combines what has become complete.
    fn push<A: Copy>(&self, nodes: &mut Vec<Node<A>>, mut node: Node<A>)
    where
        F: Fn(A, A) -> A,
    {
        loop {
            let width = 1usize << node.level;
            let is_left = node.start & width == 0;
            if is_left && self.is_root(&node) {
                break;
            }
            if is_left && node.start + width >= self.length {
                node.level += 1;
                continue;
            }
            match nodes.last() {
                Some(left)
                    if !is_left && left.level == node.level && left.start + width == node.start =>
                {
                    node = Node {
                        start: left.start,
                        level: node.level + 1,
                        value: (self.combine)(left.value, node.value),
                    };
                    nodes.pop();
                }
                _ => break,
            }
        }
        nodes.push(node);
    }

    fn is_root<A>(&self, node: &Node<A>) -> bool {
        node.start == 0 && 1usize << node.level >= self.length
    }
}

impl<A: Element, D: Axes> DistArray<A, D> {
    /// All elements combined by `combine(left, right)`, in C order; `None` of no elements. *Collective.*
    ///
    /// The elements at the positions 2i and 2i + 1 are combined, then those pairs, and so on: in a tree that depends
    /// on the number of elements alone. So `combine` need not be commutative, and even where it is associative only
    /// nearly (as a floating-point sum, which becomes a pairwise one) the bits are the same for any number of ranks
    /// and any layout. A panic in it ends the job, as any other.
    ///
    /// # Cost
    /// `combine` once an element; two all-to-alls and two all-gathers of what each rank's runs of consecutive
    /// elements come to: two nodes of the tree for each doubling of their length. Where elements are dealt out one
    /// by one, that is all elements.
    ///
    /// ```no_run
    /// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// let product = u.reduce(|left, right| left * right)?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn reduce(&self, combine: impl Fn(A, A) -> A) -> Result<Option<A>> {
        let call = Call::new("reduce").array::<A>(self.shape());
        let _call = self.communicator().enter(call)?;
        let tree = Tree {
            length: self.len(),
            combine,
        };
        let mut nodes = Vec::new();
        self.for_each_run(|position, run| {
            for (offset, &value) in run.iter().enumerate() {
                let (start, level) = (position + offset, 0);
                tree.push(
                    &mut nodes,
                    Node {
                        start,
                        level,
                        value,
                    },
                );
            }
        });
        // Neighbours in the array may be on ranks far apart: each rank gets a range of positions.
        let nodes = tree.joined(to_owners(self.communicator(), &nodes, self.len())?);
        let nodes = tree.joined(everyones(self.communicator(), &nodes)?);
        Ok(nodes.first().map(|node| node.value))
    }
}

impl<F> Tree<F> {
    fn joined<A: Copy>(&self, mut nodes: Vec<Node<A>>) -> Vec<Node<A>>
    where
        F: Fn(A, A) -> A,
    {
        nodes.sort_by_key(|node| node.start);
        let mut joined = Vec::new();
        nodes
            .into_iter()
            .for_each(|node| self.push(&mut joined, node));
        joined
    }
}

/// Where nodes are, as what travels beside their values.
fn places<A>(nodes: &[Node<A>]) -> Vec<u64> {
    let pair = |node: &Node<A>| [node.start as u64, u64::from(node.level)];
    nodes.iter().flat_map(pair).collect()
}

fn nodes<A: Copy>(places: &[u64], values: &[A]) -> Vec<Node<A>> {
    let places = places.as_chunks::<2>().0.iter();
    let node = |(place, &value): (&[u64; 2], &A)| Node {
        start: place[0] as usize,
        level: place[1] as u32,
        value,
    };
    places.zip(values).map(node).collect()
}

fn to_owners<A: Element>(
    communicator: &Communicator,
    all: &[Node<A>],
    length: usize,
) -> Result<Vec<Node<A>>> {
    let size = communicator.size();
    let mut parts: Vec<Vec<Node<A>>> = vec![vec![]; size];
    for node in all {
        parts[block_owner(length, size, node.start).unwrap_or(0)].push(*node);
    }
    let values = parts.iter().map(|part| part.iter().map(|node| node.value));
    let values = communicator.all_to_allv(&values.collect::<Parts<A>>())?;
    let places = communicator.all_to_allv(&parts.iter().map(|part| places(part)).collect())?;
    Ok(nodes(places.as_slice(), values.as_slice()))
}

fn everyones<A: Element>(communicator: &Communicator, own: &[Node<A>]) -> Result<Vec<Node<A>>> {
    let values: Vec<A> = own.iter().map(|node| node.value).collect();
    let values = communicator.all_gatherv(&values)?;
    let places = communicator.all_gatherv(&places(own))?;
    Ok(nodes(places.as_slice(), values.as_slice()))
}
