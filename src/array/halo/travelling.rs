//! What travels in one exchange: through boxes that ranks of one machine see, or as messages.

use std::ops::Range;
use std::rc::Rc;

use super::super::DistArray;
use super::plan::{Plan, Transfer};
use crate::comm::ffi::{Exchange, Request};
use crate::comm::{Communicator, Element, OpenBoxes, Purpose};
use crate::error::Result;
use crate::layout::Axes;

/// Looks at a box before others get the core, and messages are looked for.
const LOOKS: usize = 1000;

/// One exchange under way.
///
/// What is not taken when it is dropped is given up: its sender can use its box again.
pub(super) struct Travelling<A: Element> {
    communicator: Communicator,
    purpose: Purpose,
    plans: Vec<Rc<Plan>>,
    /// In the order of their peers.
    receives: Vec<Part>,
    /// From ranks of this machine. Where a sender's box was full, a message comes instead.
    awaited: Vec<Share>,
    messages: Vec<(Request<A>, Share)>,
    sends: Vec<Request<A>>,
    boxes: Option<(OpenBoxes<A>, Exchange)>,
    /// To be used for messages.
    buffers: Vec<Vec<A>>,
}

/// Of which array, which transfer.
struct Part {
    peer: usize,
    array: usize,
    place: usize,
}

/// Everything that goes between this rank and another one.
struct Share {
    peer: usize,
    volume: usize,
    /// Of the parts of all peers.
    parts: Range<usize>,
}

impl<A: Element> Travelling<A> {
    pub(super) fn start<D: Axes>(
        communicator: &Communicator,
        plans: Vec<Rc<Plan>>,
        boxes: Option<OpenBoxes<A>>,
        buffers: Vec<Vec<A>>,
        arrays: &mut [&mut DistArray<A, D>],
    ) -> Result<Self> {
        let exchange = boxes.as_ref().map(|boxes| boxes.borrow_mut().begin());
        let mut travelling = Travelling {
            purpose: communicator.next_halo_purpose(),
            communicator: communicator.clone(),
            receives: by_peer(&plans, |plan| &plan.receives),
            plans,
            awaited: vec![],
            messages: vec![],
            sends: vec![],
            boxes: boxes.zip(exchange.transpose()?),
            buffers,
        };
        travelling.expect()?;
        travelling.send(arrays)?;
        for (plan, array) in travelling.plans.iter().zip(arrays) {
            let cells = cells_of_mut(array);
            plan.copies.iter().for_each(|copies| copies.run(cells));
        }
        Ok(travelling)
    }

    fn expect(&mut self) -> Result<()> {
        let shares = shares(&self.plans, &self.receives, |plan| &plan.receives);
        for share in shares {
            if self.is_near(share.peer) {
                self.awaited.push(share);
            } else {
                let request = self.receive(share.peer, share.volume)?;
                self.messages.push((request, share));
            }
        }
        Ok(())
    }

    fn is_near(&self, peer: usize) -> bool {
        let boxes = self.boxes.as_ref();
        boxes.is_some_and(|(boxes, _)| boxes.borrow().is_near(peer))
    }

    fn receive(&mut self, peer: usize, volume: usize) -> Result<Request<A>> {
        let buffer = self.buffer(volume);
        self.communicator
            .start_own_receive(buffer, peer, self.purpose)
    }

    fn send<D: Axes>(&mut self, arrays: &[&mut DistArray<A, D>]) -> Result<()> {
        let parts = by_peer(&self.plans, |plan| &plan.sends);
        for Share {
            peer,
            volume,
            parts: range,
        } in shares(&self.plans, &parts, |plan| &plan.sends)
        {
            let plans = &self.plans;
            let pack = |buffer: &mut [A]| {
                let mut rest = buffer;
                for part in &parts[range] {
                    let transfer = &plans[part.array].sends[part.place];
                    let (here, after) = rest.split_at_mut(transfer.volume);
                    transfer.pack(cells_of(arrays[part.array]), here);
                    rest = after;
                }
            };
            if let Some((boxes, exchange)) = &self.boxes
                && boxes
                    .borrow_mut()
                    .post(*exchange, peer, volume, pack.clone())?
            {
                continue;
            }
            let mut buffer = buffer_of(&mut self.buffers, volume);
            pack(&mut buffer);
            let request = self
                .communicator
                .start_own_send(buffer, peer, self.purpose)?;
            self.sends.push(request);
        }
        Ok(())
    }

    /// Waits for everything; gives the buffers back.
    pub(super) fn finish<D: Axes>(
        mut self,
        arrays: &mut [&mut DistArray<A, D>],
    ) -> Result<Vec<Vec<A>>> {
        let mut looks = 0;
        while !self.awaited.is_empty() {
            if self.take(arrays)? {
                continue;
            }
            looks += 1;
            if looks < LOOKS {
                std::hint::spin_loop();
            } else {
                self.look_for_messages()?;
                // The others may need this core.
                std::thread::yield_now();
            }
        }
        for (request, share) in std::mem::take(&mut self.messages) {
            let buffer = request.wait()?;
            unpack(&self.plans, &self.receives[share.parts], &buffer, arrays);
            self.buffers.push(buffer);
        }
        let sent = Request::wait_all(std::mem::take(&mut self.sends))?;
        self.buffers.extend(sent);
        Ok(std::mem::take(&mut self.buffers))
    }

    /// Takes what there is in the others' boxes; whether there was anything.
    fn take<D: Axes>(&mut self, arrays: &mut [&mut DistArray<A, D>]) -> Result<bool> {
        let Some((boxes, exchange)) = &self.boxes else {
            return Ok(false);
        };
        let mut boxes = boxes.borrow_mut();
        let mut place = 0;
        let before = self.awaited.len();
        while let Some(share) = self.awaited.get(place) {
            let parts = &self.receives[share.parts.clone()];
            let look = |buffer: &[A]| unpack(&self.plans, parts, buffer, arrays);
            if boxes.take(*exchange, share.peer, share.volume, look)? {
                self.awaited.swap_remove(place);
            } else {
                place += 1;
            }
        }
        Ok(self.awaited.len() < before)
    }

    /// Receives what did not go through a box.
    fn look_for_messages(&mut self) -> Result<()> {
        for place in (0..self.awaited.len()).rev() {
            let peer = self.awaited[place].peer;
            if self.communicator.has_own_message(peer, self.purpose)? {
                let share = self.awaited.swap_remove(place);
                let request = self.receive(share.peer, share.volume)?;
                self.messages.push((request, share));
            }
        }
        Ok(())
    }

    fn buffer(&mut self, length: usize) -> Vec<A> {
        buffer_of(&mut self.buffers, length)
    }
}

impl<A: Element> Drop for Travelling<A> {
    /// Local.
    fn drop(&mut self) {
        if let Some((boxes, exchange)) = &self.boxes {
            for share in &self.awaited {
                boxes.borrow_mut().forget(*exchange, share.peer);
            }
        }
    }
}

/// Of this length, with whatever in it.
fn buffer_of<A: Element>(buffers: &mut Vec<Vec<A>>, length: usize) -> Vec<A> {
    // An exchange that was dropped has kept its buffers.
    let mut buffer = buffers.pop().unwrap_or_default();
    buffer.resize(length, A::default());
    buffer
}

/// What travels to or from each peer, in their order: the arrays in theirs.
fn by_peer(plans: &[Rc<Plan>], transfers: impl Fn(&Plan) -> &Vec<Transfer>) -> Vec<Part> {
    let mut parts = vec![];
    for (array, plan) in plans.iter().enumerate() {
        for (place, Transfer { peer, .. }) in transfers(plan).iter().enumerate() {
            parts.push(Part {
                peer: *peer,
                array,
                place,
            });
        }
    }
    parts.sort_by_key(|part| part.peer);
    parts
}

fn shares(
    plans: &[Rc<Plan>],
    parts: &[Part],
    transfers: impl Fn(&Plan) -> &Vec<Transfer>,
) -> Vec<Share> {
    let mut end = 0;
    let of_peers = parts.chunk_by(|one, other| one.peer == other.peer);
    of_peers
        .map(|of_peer| {
            let volume = |part: &Part| transfers(&plans[part.array])[part.place].volume;
            let start = end;
            end += of_peer.len();
            Share {
                peer: of_peer[0].peer,
                volume: of_peer.iter().map(volume).sum(),
                parts: start..end,
            }
        })
        .collect()
}

fn unpack<A: Element, D: Axes>(
    plans: &[Rc<Plan>],
    parts: &[Part],
    buffer: &[A],
    arrays: &mut [&mut DistArray<A, D>],
) {
    let mut rest = buffer;
    for part in parts {
        let transfer = &plans[part.array].receives[part.place];
        let (here, after) = rest.split_at(transfer.volume);
        transfer.unpack(here, cells_of_mut(arrays[part.array]));
        rest = after;
    }
}

/// The padded block in C order, as `with_halo` makes it.
fn cells_of<A: Element, D: Axes>(array: &DistArray<A, D>) -> &[A] {
    array.storage.as_slice().unwrap_or_default()
}

fn cells_of_mut<A: Element, D: Axes>(array: &mut DistArray<A, D>) -> &mut [A] {
    array.storage.as_slice_mut().unwrap_or_default()
}

impl Communicator {
    /// The purpose of the next exchange's messages: a message of an earlier one that was never finished is no
    /// message of this one. The same on every rank, because all start the same exchanges.
    fn next_halo_purpose(&self) -> Purpose {
        Purpose::Halo(self.next_sequence_number())
    }
}
