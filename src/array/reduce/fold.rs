//! Reductions by a user's function, in a tree over the positions of the elements.

use super::runs::for_each_run;
use crate::array::Distributed;
use crate::comm::{Call, Communicator, Element, Parts};
use crate::error::Result;
use crate::layout::block_owner;

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

    /// Puts elements behind others, the first of them at `position`.
    fn push_all<A: Copy>(&self, nodes: &mut Vec<Node<A>>, position: usize, values: &[A])
    where
        F: Fn(A, A) -> A,
    {
        for (start, &value) in (position..).zip(values) {
            let level = 0;
            self.push(
                nodes,
                Node {
                    start,
                    level,
                    value,
                },
            );
        }
    }

    fn is_root<A>(&self, node: &Node<A>) -> bool {
        node.start == 0 && 1usize << node.level >= self.length
    }
}

#[track_caller]
pub(super) fn reduce<T: Distributed>(
    array: &T,
    combine: impl Fn(T::Element, T::Element) -> T::Element,
) -> Result<Option<T::Element>> {
    let communicator = array.grid().communicator();
    let shape = array.layout().shape();
    let call = Call::new("reduce").array::<T::Element>(shape);
    let _call = communicator.enter(call)?;
    let length = shape.iter().product();
    let (tree, mut nodes) = (Tree { length, combine }, Vec::new());
    for_each_run(array, |position, run| {
        tree.push_all(&mut nodes, position, run)
    });
    // Neighbours in the array may be on ranks far apart: each rank gets a range of positions.
    let nodes = tree.joined(to_owners(communicator, &nodes, length)?);
    let nodes = tree.joined(everyones(communicator, &nodes)?);
    Ok(nodes.first().map(|node| node.value))
}

/// What [`reduce`] makes of an array of these elements; `None` of none.
pub(super) fn reduce_slice<A: Copy>(values: &[A], combine: impl Fn(A, A) -> A) -> Option<A> {
    let length = values.len();
    let (tree, mut nodes) = (Tree { length, combine }, Vec::new());
    tree.push_all(&mut nodes, 0, values);
    nodes.first().map(|node| node.value)
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
