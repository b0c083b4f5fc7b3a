//! The online part of a recovery: puts the sources' questions to their servers, many at once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, mpsc};

use super::answers::{Answers, AnswersError};
use super::outcome::{Failure, Findings};
use super::{Asked, RecoverError};
use crate::client::{Client, ClientConfig, ClientError};
use crate::rejection::Rejection;
use crate::source::{
    Answer, Manners, Question, Reply, Request, Server, SourceError, SourceName, TimestampSource,
};

/// A source that asks on more often than this goes in circles: there are not so many crawls to ask for.
const MAX_STAGES: u32 = 1000;

/// The clients of all sources with servers, and the runtime that they live in. Every source has a client of its own, so
/// that what one may reach or knows is not lent to another.
pub(super) struct Online {
    runtime: Option<Runtime>,
    peers: Vec<Option<Peer>>,
}

/// One source's server.
struct Peer {
    client: Arc<Client>,
    permits: Arc<Semaphore>,
    concurrency: usize,
    /// Whether the preamble was asked, and what came of it.
    preamble: Mutex<Option<Result<(), Failure>>>,
}

/// A request under way, and what came of it.
type Arrival = (Vec<Question>, Result<Reply, ClientError>);

impl Online {
    pub(super) fn new(
        sources: &[Box<dyn TimestampSource>],
        usual: &ClientConfig,
    ) -> Result<Self, RecoverError> {
        let mut peers = Vec::new();
        for source in sources {
            let peer = source
                .server()
                .map(|server| Peer::new(server.manners(), usual));
            peers.push(peer.transpose()?);
        }
        // One thread is enough: it only waits for servers.
        let runtime = peers.iter().any(Option::is_some).then(|| {
            Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .map_err(RecoverError::Runtime)
        });
        Ok(Self {
            runtime: runtime.transpose()?,
            peers,
        })
    }

    pub(super) fn is_needed(&self) -> bool {
        self.runtime.is_some()
    }

    /// Asks until no source asks on, and notes every answer in its row's findings.
    pub(super) fn ask(
        &self,
        sources: &[Box<dyn TimestampSource>],
        asked: Vec<Asked>,
        findings: &mut [Findings],
        answers: &mut Answers,
    ) -> Result<(), AnswersError> {
        let mut by_source: BTreeMap<usize, BTreeMap<Question, Vec<usize>>> = BTreeMap::new();
        for asked in asked {
            let rows = by_source.entry(asked.source).or_default();
            rows.entry(asked.question).or_default().push(asked.row);
        }
        let notes = Mutex::new(Notes { findings, answers });
        // Sources are asked beside each other: a slow one does not keep the others waiting.
        std::thread::scope(|scope| {
            let handles: Vec<_> = by_source
                .into_iter()
                .filter_map(|(index, questions)| {
                    let conversation = Conversation {
                        name: sources[index].name(),
                        server: sources[index].server()?,
                        peer: self.peers[index].as_ref()?,
                        runtime: self.runtime.as_ref()?,
                        notes: &notes,
                    };
                    Some((conversation, questions))
                })
                .map(|(conversation, questions)| scope.spawn(move || conversation.hold(questions)))
                .collect();
            let mut result = Ok(());
            for handle in handles {
                match handle.join() {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => result = Err(error),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            result
        })
    }
}

impl Peer {
    fn new(manners: Manners, usual: &ClientConfig) -> Result<Self, ClientError> {
        let concurrency = manners.concurrency.max(1);
        Ok(Self {
            client: Arc::new(Client::new(with_manners(usual, manners))?),
            permits: Arc::new(Semaphore::new(concurrency)),
            concurrency,
            preamble: Mutex::new(None),
        })
    }
}

fn with_manners(usual: &ClientConfig, manners: Manners) -> ClientConfig {
    ClientConfig {
        allow_private: manners.allow_private,
        robots: manners.robots,
        connect_timeout: usual.connect_timeout.min(manners.timeout),
        first_byte_timeout: usual.first_byte_timeout.min(manners.timeout),
        timeout: manners.timeout,
        per_host_concurrency: manners.per_host_concurrency,
        requests_per_second: manners.requests_per_second,
        contact: manners.contact,
        ..usual.clone()
    }
}

/// Where answers go.
struct Notes<'a> {
    findings: &'a mut [Findings],
    answers: &'a mut Answers,
}

/// One source's talk with its server about one batch of rows.
struct Conversation<'a, 'b> {
    name: SourceName,
    server: &'a dyn Server,
    peer: &'a Peer,
    runtime: &'a Runtime,
    notes: &'a Mutex<Notes<'b>>,
}

impl<'b> Conversation<'_, 'b> {
    fn lock(&self) -> MutexGuard<'_, Notes<'b>> {
        // Whoever died while holding it takes the whole command along.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks all questions and those that follow from them.
    fn hold(self, questions: BTreeMap<Question, Vec<usize>>) -> Result<(), AnswersError> {
        let mut rows: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut open = VecDeque::new();
        for (question, of_rows) in questions {
            rows.entry(question.about.clone())
                .or_default()
                .extend(of_rows);
            let known = self.lock().answers.take(self.name, &question.about);
            match known {
                Some(answer) => self.note(&rows, &question, &Ok(answer)),
                None => open.push_back(question),
            }
        }
        if open.is_empty() {
            return Ok(());
        }
        if let Err(failure) = self.preamble() {
            open.iter()
                .for_each(|question| self.fail(&rows, question, &failure));
            return Ok(());
        }
        self.ask_all(&rows, open)
    }

    fn ask_all(
        &self,
        rows: &BTreeMap<String, Vec<usize>>,
        mut open: VecDeque<Question>,
    ) -> Result<(), AnswersError> {
        let (send, mut arrivals) = mpsc::unbounded_channel::<Arrival>();
        let mut under_way = 0;
        // So many wait for their turn that a server is never idle, and no more, as each takes memory.
        let most = 2 * self.peer.concurrency;
        loop {
            while under_way < most
                && let Some(batch) = self.next_batch(&mut open)
            {
                match self.server.request(&batch.iter().collect::<Vec<_>>()) {
                    Ok(request) => {
                        self.send(request, batch, &send);
                        under_way += 1;
                    }
                    Err(error) => {
                        let answer = Err(error);
                        for question in &batch {
                            self.finish(rows, question, &answer)?;
                        }
                    }
                }
            }
            if under_way == 0 {
                return Ok(());
            }
            // The sender is held here, so the channel does not end.
            let Some((batch, reply)) = arrivals.blocking_recv() else {
                return Ok(());
            };
            under_way -= 1;
            match reply {
                Ok(reply) => self.read(rows, &batch, &reply, &mut open)?,
                Err(error) => self.missed(rows, &batch, &error)?,
            }
        }
    }

    /// Questions of one stage for one request.
    fn next_batch(&self, open: &mut VecDeque<Question>) -> Option<Vec<Question>> {
        let stage = open.front()?.stage;
        let same = open
            .iter()
            .take(self.server.batch().max(1))
            .take_while(|question| question.stage == stage)
            .count();
        Some(open.drain(..same).collect())
    }

    fn send(
        &self,
        request: Request,
        batch: Vec<Question>,
        arrivals: &mpsc::UnboundedSender<Arrival>,
    ) {
        let (client, permits) = (
            Arc::clone(&self.peer.client),
            Arc::clone(&self.peer.permits),
        );
        let arrivals = arrivals.clone();
        self.runtime.spawn(async move {
            // Never closed, hence never an error.
            let _permit = permits.acquire_owned().await;
            let reply = client.send(&request).await;
            // Nobody listens any more when the journal could not be written.
            let _ = arrivals.send((batch, reply));
        });
    }

    fn read(
        &self,
        rows: &BTreeMap<String, Vec<usize>>,
        batch: &[Question],
        reply: &Reply,
        open: &mut VecDeque<Question>,
    ) -> Result<(), AnswersError> {
        let read = self.server.read(&batch.iter().collect::<Vec<_>>(), reply);
        for (question, answer) in batch.iter().zip(read) {
            match answer {
                Ok(Answer::Ask(next)) if next.stage < MAX_STAGES => open.push_back(next),
                answer => self.finish(rows, question, &answer)?,
            }
        }
        Ok(())
    }

    fn missed(
        &self,
        rows: &BTreeMap<String, Vec<usize>>,
        batch: &[Question],
        error: &ClientError,
    ) -> Result<(), AnswersError> {
        for question in batch {
            match error.lasting() {
                Some(reason) => {
                    let rejection = Rejection {
                        source: self.name,
                        reason,
                        evidence: error.to_string(),
                    };
                    self.finish(rows, question, &Ok(Answer::Rejected(rejection)))?;
                }
                None => self.fail(rows, question, &self.failure(error)),
            }
        }
        Ok(())
    }

    fn failure(&self, error: &ClientError) -> Failure {
        Failure {
            source: self.name,
            word: error.word().to_owned(),
            message: error.to_string(),
        }
    }

    /// Asks the preamble, once in a run.
    fn preamble(&self) -> Result<(), Failure> {
        let mut done = self
            .peer
            .preamble
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let result = done.get_or_insert_with(|| {
            let Some(request) = self.server.preamble() else {
                return Ok(());
            };
            let reply = self
                .runtime
                .block_on(self.peer.client.send(&request))
                .map_err(|error| self.failure(&error))?;
            self.server.learn(&reply).map_err(|error| Failure {
                source: self.name,
                word: error.reason().as_str().to_owned(),
                message: error.to_string(),
            })
        });
        result.clone()
    }

    /// Keeps a final answer and notes it in the rows that asked.
    fn finish(
        &self,
        rows: &BTreeMap<String, Vec<usize>>,
        question: &Question,
        answer: &Result<Answer, SourceError>,
    ) -> Result<(), AnswersError> {
        if let Err(error) = answer {
            tracing::info!(source = %self.name, about = question.about, "{error}");
        }
        self.note(rows, question, answer);
        self.lock().answers.keep(self.name, &question.about, answer)
    }

    fn note(
        &self,
        rows: &BTreeMap<String, Vec<usize>>,
        question: &Question,
        answer: &Result<Answer, SourceError>,
    ) {
        let mut notes = self.lock();
        for &row in rows.get(&question.about).into_iter().flatten() {
            notes.findings[row].take(self.name, answer.clone());
        }
    }

    fn fail(&self, rows: &BTreeMap<String, Vec<usize>>, question: &Question, failure: &Failure) {
        tracing::info!(source = %self.name, about = question.about, "{}", failure.message);
        let mut notes = self.lock();
        for &row in rows.get(&question.about).into_iter().flatten() {
            notes.findings[row].fail(failure.clone());
        }
    }
}
