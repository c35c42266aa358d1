use std::time::{Duration, Instant};

/// Tells a server that has nothing to say from one that is gone.
#[derive(Debug)]
pub(super) struct Pulse {
    /// After how much silence to ask, and how many questions may stay without an answer.
    rule: Option<(Duration, u32)>,
    /// When the server was last heard or asked. What we do in between may take long, such as
    /// waiting for a person, so a question counts only from when it was asked.
    since: Instant,
    asked: u32,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing for this time, or for ever.
    Wait(Option<Duration>),
    /// Ask whether the server is there.
    Ask,
    /// Give up.
    Dead,
}

impl Pulse {
    pub(super) fn new(rule: Option<(Duration, u32)>, now: Instant) -> Self {
        Self {
            rule,
            since: now,
            asked: 0,
        }
    }

    /// The server said something.
    pub(super) fn heard(&mut self, now: Instant) {
        self.since = now;
        self.asked = 0;
    }

    pub(super) fn beat(&mut self, now: Instant) -> Beat {
        let Some((interval, most)) = self.rule else {
            return Beat::Wait(None);
        };
        let next = self.since + interval;
        if now < next {
            return Beat::Wait(Some(next - now));
        }
        if self.asked >= most {
            return Beat::Dead;
        }
        self.asked += 1;
        self.since = now;
        Beat::Ask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_silent_server_is_asked_and_given_up_when_it_never_answers() {
        let start = Instant::now();
        let mut pulse = Pulse::new(Some((15 * SECOND, 2)), start);
        assert_eq!(
            pulse.beat(start + 5 * SECOND),
            Beat::Wait(Some(10 * SECOND))
        );
        assert_eq!(pulse.beat(start + 15 * SECOND), Beat::Ask);
        assert_eq!(
            pulse.beat(start + 15 * SECOND),
            Beat::Wait(Some(15 * SECOND))
        );
        assert_eq!(pulse.beat(start + 30 * SECOND), Beat::Ask);
        assert_eq!(pulse.beat(start + 45 * SECOND), Beat::Dead);
    }

    #[test]
    fn an_answer_starts_the_count_anew() {
        let start = Instant::now();
        let mut pulse = Pulse::new(Some((15 * SECOND, 1)), start);
        assert_eq!(pulse.beat(start + 15 * SECOND), Beat::Ask);
        pulse.heard(start + 16 * SECOND);
        assert_eq!(pulse.beat(start + 31 * SECOND), Beat::Ask);
    }

    #[test]
    fn a_server_has_its_time_to_answer_also_when_it_was_asked_late() {
        let start = Instant::now();
        let mut pulse = Pulse::new(Some((15 * SECOND, 1)), start);
        let late = start + 600 * SECOND;
        assert_eq!(pulse.beat(late), Beat::Ask);
        assert_eq!(pulse.beat(late), Beat::Wait(Some(15 * SECOND)));
        assert_eq!(pulse.beat(late + 15 * SECOND), Beat::Dead);
    }

    #[test]
    fn without_a_rule_any_silence_is_waited_out() {
        let start = Instant::now();
        let mut pulse = Pulse::new(None, start);
        assert_eq!(pulse.beat(start + 1_000_000 * SECOND), Beat::Wait(None));
    }
}
