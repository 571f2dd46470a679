//! Requests that borrow their buffers: none outlives the scope in which it was started.

use std::any::Any;
use std::cell::RefCell;
use std::ffi::c_int;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::time::{Duration, Instant};

use mpi::ffi;

use super::check::check;
use super::environment::abort;
use super::gate::{Gate, Post};
use super::status::Status;
use crate::comm::gate::Before;
use crate::comm::{Call, Communicator};
use crate::error::{Error, Result};

/// How long a scope that failed waits for requests which cannot be cancelled.
const GRACE: Duration = Duration::from_secs(1);

/// Where non-blocking requests are started; see [`Communicator::scope`].
pub struct Scope<'scope, 'environment: 'scope> {
    pub(crate) communicator: Communicator,
    entries: RefCell<Vec<Entry>>,
    scope: PhantomData<&'scope mut &'scope ()>,
    environment: PhantomData<&'environment mut &'environment ()>,
}

/// A request of a [`Scope`], which gives an `R` when it is complete.
///
/// Dropped, it is completed all the same when its scope ends.
#[must_use = "its result, or its error, is told by `wait`"]
pub struct ScopedRequest<'scope, R> {
    scope: &'scope dyn Entries,
    number: usize,
    result: PhantomData<R>,
}

/// A scope without its second lifetime.
trait Entries {
    fn entries(&self) -> &RefCell<Vec<Entry>>;

    fn communicator(&self) -> &Communicator;
}

impl Entries for Scope<'_, '_> {
    fn entries(&self) -> &RefCell<Vec<Entry>> {
        &self.entries
    }

    fn communicator(&self) -> &Communicator {
        &self.communicator
    }
}

enum Entry {
    UnderWay(UnderWay),
    Complete(Result<Box<dyn Any>>),
    /// Its result was handed out.
    Taken,
}

struct UnderWay {
    raws: Vec<ffi::MPI_Request>,
    /// One a request, from when the first of them is looked at.
    statuses: Vec<Status>,
    /// What has to open before there are any.
    gate: Option<Rc<Gate>>,
    call: &'static str,
    receives: bool,
    /// Owns what MPI uses and the caller does not, and makes the result of it. Never called or dropped
    /// before MPI is done.
    finish: Finish<'static>,
}

/// Makes the result of a request that MPI is done with.
type Finish<'scope> = Box<dyn FnOnce(&[Status]) -> Result<Box<dyn Any>> + 'scope>;

/// Runs `body`; however it ends, no request it started is left when this returns.
pub(crate) fn run_scope<'environment, R>(
    communicator: &Communicator,
    body: impl for<'scope> FnOnce(&'scope Scope<'scope, 'environment>) -> Result<R>,
) -> Result<R> {
    let scope = Scope {
        communicator: communicator.clone(),
        entries: RefCell::default(),
        scope: PhantomData,
        environment: PhantomData,
    };
    // Unpacking may panic as `body` may, with other requests still under way.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let value = body(&scope)?;
        complete_all(&scope)?;
        Ok(value)
    }));
    match outcome {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            end_all(&scope.entries, || give_up(&error, communicator.rank()));
            Err(error)
        }
        Err(panic) => {
            end_all(&scope.entries, || abort(101));
            resume_unwind(panic)
        }
    }
}

/// Waits for what is left; the first error that nobody was told.
fn complete_all(scope: &Scope<'_, '_>) -> Result<()> {
    let mut outcome = Ok(());
    for entry in scope.entries.borrow_mut().iter_mut() {
        // Completed even after an error: its buffer is about to be given back.
        entry.wait(&scope.communicator);
        if let Entry::Complete(Err(error)) = std::mem::replace(entry, Entry::Taken) {
            outcome = outcome.and(Err(error));
        }
    }
    outcome
}

/// Cancels the receives, gives the rest a second, and ends the job with `give_up` if that is too little.
fn end_all(entries: &RefCell<Vec<Entry>>, give_up: impl FnOnce() -> Never) {
    let entries = &mut *entries.borrow_mut();
    for entry in entries.iter_mut() {
        if let Entry::UnderWay(request) = entry {
            request.withdraw();
        }
    }
    let start = Instant::now();
    while !entries.iter_mut().all(Entry::has_ended) {
        if start.elapsed() > GRACE {
            give_up();
        }
        // The others may need this core to take what is sent.
        std::thread::sleep(Duration::from_micros(200));
    }
}

type Never = std::convert::Infallible;

fn give_up(error: &Error, rank: usize) -> Never {
    let error = error.clone().on_rank(rank);
    eprintln!("error: {error}");
    abort(error.exit_code())
}

impl UnderWay {
    /// Cancels what is received, and what has not begun.
    fn withdraw(&mut self) {
        if let Some(gate) = self.gate.take() {
            gate.withdraw();
            self.raws
                .extend(gate.posted().into_iter().flat_map(|(raws, _)| raws));
        }
        for raw in self.raws.iter_mut().filter(|_| self.receives) {
            // SAFETY: a live request, or the null one of a completed receive, which is skipped.
            unsafe {
                if *raw != ffi::RSMPI_REQUEST_NULL {
                    ffi::MPI_Cancel(raw);
                }
            }
        }
    }

    /// Takes over what was begun, and whether it could be.
    fn take_begun(&mut self) -> Result<()> {
        let mut outcome = Ok(());
        if let Some((raws, begun)) = self.gate.take().and_then(|gate| gate.posted()) {
            self.raws = raws;
            outcome = begun;
        }
        if self.statuses.is_empty() {
            // One also where nothing was begun.
            let number = self.raws.len().max(1);
            self.statuses.resize_with(number, Status::new);
        }
        outcome
    }
}

impl Entry {
    /// Completes it; when it is complete, does nothing.
    fn wait(&mut self, communicator: &Communicator) {
        if let Entry::UnderWay(request) = self {
            if let Some(gate) = &request.gate {
                communicator.pass(gate);
            }
            let mut outcome = request.take_begun();
            for (raw, status) in request.raws.iter_mut().zip(&mut request.statuses) {
                // SAFETY: a live request or the null one; its buffers are borrowed for the scope, or
                // owned by `finish`.
                let code = unsafe { ffi::MPI_Wait(raw, status.place()) };
                outcome = outcome.and(check(code, request.call));
            }
            self.finish(outcome);
        }
    }

    /// Whether it is complete by now. Never blocks.
    fn test(&mut self, communicator: &Communicator) -> bool {
        let Entry::UnderWay(request) = self else {
            return true;
        };
        if let Some(gate) = &request.gate {
            communicator.open_ready();
            if gate.is_closed() {
                return false;
            }
        }
        let mut outcome = request.take_begun();
        while let Some(last) = request.raws.len().checked_sub(1) {
            let (raw, status) = (&mut request.raws[last], &mut request.statuses[last]);
            let mut done: c_int = 0;
            // SAFETY: as in `wait`; valid places for the results.
            let code = unsafe { ffi::MPI_Test(raw, &mut done, status.place()) };
            outcome = outcome.and(check(code, request.call));
            if outcome.is_ok() && done == 0 {
                return false;
            }
            request.raws.pop();
            if outcome.is_err() {
                break;
            }
        }
        // After an error the rest is completed: the buffers are about to be given back.
        for raw in &mut request.raws {
            // SAFETY: as in `wait`.
            let code = unsafe { ffi::MPI_Wait(raw, ffi::RSMPI_STATUS_IGNORE) };
            outcome = outcome.and(check(code, request.call));
        }
        self.finish(outcome);
        true
    }

    /// [`test`](Self::test) whose result nobody will ask for; a request may have been cancelled.
    fn has_ended(&mut self) -> bool {
        let Entry::UnderWay(request) = self else {
            return true;
        };
        let ended = request.raws.iter_mut().all(|raw| {
            let mut done: c_int = 0;
            // SAFETY: as in `wait`.
            let code = unsafe { ffi::MPI_Test(raw, &mut done, ffi::RSMPI_STATUS_IGNORE) };
            code != ffi::MPI_SUCCESS as c_int || done != 0
        });
        if ended && let Entry::UnderWay(request) = std::mem::replace(self, Entry::Taken) {
            // What MPI left in the buffers has to be made valid; nobody is there for an error or a panic.
            let finish = AssertUnwindSafe(|| (request.finish)(&[Status::new()]).map(drop));
            let _ = catch_unwind(finish);
        }
        ended
    }

    fn finish(&mut self, outcome: Result<()>) {
        if let Entry::UnderWay(request) = std::mem::replace(self, Entry::Taken) {
            let finished = (request.finish)(&request.statuses);
            *self = Entry::Complete(outcome.and(finished));
        }
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Notes a request that `post` starts: all the raw requests it pushes.
    ///
    /// # Safety
    /// Every buffer that `post` hands to MPI must be borrowed for `'scope`, without another user that
    /// MPI would disturb, or be owned by `finish`, on the heap.
    pub(super) unsafe fn start<R: 'static>(
        &'scope self,
        call: &'static str,
        receives: bool,
        post: impl FnOnce(&mut Vec<ffi::MPI_Request>) -> Result<()>,
        finish: impl FnOnce(&[Status]) -> Result<R> + 'scope,
    ) -> Result<ScopedRequest<'scope, R>> {
        let finish: Finish<'scope> =
            Box::new(|statuses| finish(statuses).map(|result| Box::new(result) as Box<dyn Any>));
        // SAFETY: `run_scope` calls or drops it before it returns, and with that within `'scope`.
        let finish = unsafe { std::mem::transmute::<Finish<'scope>, Finish<'static>>(finish) };
        let mut raws = Vec::with_capacity(1);
        let posted = post(&mut raws);
        // Noted even if only some were posted: those still use the buffers.
        let request = self.note(UnderWay {
            raws,
            statuses: Vec::new(),
            gate: None,
            call,
            receives,
            finish,
        });
        posted?;
        Ok(request)
    }

    /// [`start`](Self::start) of a collective, called `call` by its users; of a reduction with its length. It
    /// may go to MPI later, when all ranks are known to have started it.
    ///
    /// # Safety
    /// As of [`start`](Self::start).
    pub(super) unsafe fn start_together<R: 'static>(
        &'scope self,
        (call, length): (Call, Option<usize>),
        name: &'static str,
        post: impl FnOnce(&mut Vec<ffi::MPI_Request>) -> Result<()> + 'scope,
        finish: impl FnOnce(&[Status]) -> Result<R> + 'scope,
    ) -> Result<ScopedRequest<'scope, R>> {
        let meeting = match self.communicator.announce(call, length)? {
            // SAFETY: as the caller says.
            Before::Nothing => return unsafe { self.start(name, false, post, finish) },
            Before::Turn => None,
            Before::Meeting(meeting) => Some(meeting),
        };
        let finish: Finish<'scope> =
            Box::new(|statuses| finish(statuses).map(|result| Box::new(result) as Box<dyn Any>));
        let post: Post<'scope> = Box::new(post);
        // SAFETY: `run_scope` has both called or dropped before it returns, and with that within `'scope`.
        let (finish, post) = unsafe {
            (
                std::mem::transmute::<Finish<'scope>, Finish<'static>>(finish),
                std::mem::transmute::<Post<'scope>, Post<'static>>(post),
            )
        };
        let gate = Rc::new(Gate::new(call, meeting, post));
        self.communicator
            .inner
            .gates
            .borrow_mut()
            .push_back(Rc::clone(&gate));
        Ok(self.note(UnderWay {
            raws: Vec::new(),
            statuses: Vec::new(),
            gate: Some(gate),
            call: name,
            receives: false,
            finish,
        }))
    }

    fn note<R>(&'scope self, request: UnderWay) -> ScopedRequest<'scope, R> {
        let mut entries = self.entries.borrow_mut();
        entries.push(Entry::UnderWay(request));
        ScopedRequest {
            scope: self,
            number: entries.len() - 1,
            result: PhantomData,
        }
    }
}

impl<R: 'static> ScopedRequest<'_, R> {
    /// Waits until it is complete, and gives its result.
    pub fn wait(self) -> Result<R> {
        let entry = &mut self.scope.entries().borrow_mut()[self.number];
        entry.wait(self.scope.communicator());
        match std::mem::replace(entry, Entry::Taken) {
            Entry::Complete(result) => {
                let result = result?.downcast::<R>();
                Ok(*result.expect("a request's result is of the type it was started with"))
            }
            _ => Err(Error::other("a request's result was taken before")),
        }
    }

    /// Whether it is complete, so that [`wait`](Self::wait) would not wait. Never blocks.
    pub fn test(&mut self) -> bool {
        let entry = &mut self.scope.entries().borrow_mut()[self.number];
        entry.test(self.scope.communicator())
    }

    /// Waits for all of them, also after an error of one, and gives their results in their order.
    pub fn wait_all(requests: impl IntoIterator<Item = Self>) -> Result<Vec<R>> {
        let ended: Vec<Result<R>> = requests.into_iter().map(Self::wait).collect();
        ended.into_iter().collect()
    }

    /// Waits until one of them is complete, takes it out, and gives its former place and its result;
    /// `None` when there are none.
    pub fn wait_any(requests: &mut Vec<Self>) -> Result<Option<(usize, R)>> {
        while !requests.is_empty() {
            if let Some(place) = requests.iter_mut().position(Self::test) {
                return Ok(Some((place, requests.remove(place).wait()?)));
            }
            std::thread::yield_now();
        }
        Ok(None)
    }
}
