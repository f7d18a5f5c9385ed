//! The answers of a request, as they come about. Each is written as JSON as soon as no later call refers to it: as values they take
//! several times the room, and sixteen calls may all show much.

use std::collections::HashMap;

use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::request::{Invocation, MethodResponse};

/// What came so far.
pub(crate) struct Answers {
    all: Vec<Option<MethodResponse>>,
    /// Those that are still referred to, by their place.
    held: Vec<(usize, Invocation)>,
    /// The last call that refers to the result of each.
    last_uses: HashMap<String, usize>,
}

impl Answers {
    /// Of these calls.
    pub(crate) fn to(calls: &[Invocation]) -> Answers {
        let mut last_uses = HashMap::new();
        for (index, call) in calls.iter().enumerate() {
            let references = call.arguments.iter().filter(|(name, _)| name.starts_with('#'));
            for (_, reference) in references {
                if let Some(of) = reference.get("resultOf").and_then(Value::as_str) {
                    last_uses.insert(of.to_owned(), index);
                }
            }
        }
        Answers { all: Vec::with_capacity(calls.len()), held: Vec::new(), last_uses }
    }

    /// The first answer to a call, if a later one refers to it.
    pub(crate) fn first(&self, id: &str) -> Option<&Invocation> {
        self.held.iter().map(|(_, answer)| answer).find(|answer| answer.id == id)
    }

    /// Takes in an answer.
    pub(crate) fn put(&mut self, answer: Invocation) {
        if self.last_uses.contains_key(&answer.id) {
            self.held.push((self.all.len(), answer));
            self.all.push(None);
        } else {
            self.all.push(Some(written(&answer)));
        }
    }

    /// Says that a call is done: what none behind it refers to is written.
    pub(crate) fn done(&mut self, index: usize) {
        let is_over = |answer: &Invocation| {
            self.last_uses.get(&answer.id).is_none_or(|last_use| *last_use <= index)
        };
        let (over, held) =
            std::mem::take(&mut self.held).into_iter().partition(|(_, it)| is_over(it));
        self.held = held;
        self.write(over);
    }

    fn write(&mut self, answers: Vec<(usize, Invocation)>) {
        for (place, answer) in answers {
            if let Some(there) = self.all.get_mut(place) {
                *there = Some(written(&answer));
            }
        }
    }

    /// All of them, in their order.
    pub(crate) fn into_all(mut self) -> Vec<MethodResponse> {
        let held = std::mem::take(&mut self.held);
        self.write(held);
        self.all.into_iter().flatten().collect()
    }
}

fn written(answer: &Invocation) -> MethodResponse {
    // Objects of JSON can always be written.
    MethodResponse(to_raw_value(answer).unwrap_or_else(|_| RawValue::NULL.to_owned()))
}

#[cfg(test)]
impl Answers {
    /// These, all of which are still referred to.
    pub(crate) fn held(answers: Vec<Invocation>) -> Answers {
        let last_uses = answers.iter().map(|answer| (answer.id.clone(), usize::MAX)).collect();
        let mut held = Answers { all: Vec::new(), held: Vec::new(), last_uses };
        answers.into_iter().for_each(|answer| held.put(answer));
        held
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::Answers;
    use crate::request::Invocation;

    fn call(id: &str, arguments: Value) -> Invocation {
        let arguments = if let Value::Object(it) = arguments { it } else { Map::new() };
        Invocation { name: "Foo/get".to_owned(), arguments, id: id.to_owned() }
    }

    #[test]
    fn an_answer_is_held_until_the_last_call_that_refers_to_it_is_done() {
        let of = |id: &str| json!({"#ids": {"resultOf": id, "name": "Foo/get", "path": "/x"}});
        let calls =
            [call("a", json!({})), call("b", of("a")), call("c", json!({})), call("d", of("a"))];
        let mut answers = Answers::to(&calls);
        let mut held = Vec::new();
        for (index, id) in ["a", "b", "c", "d"].into_iter().enumerate() {
            answers.put(call(id, json!({"x": index})));
            answers.done(index);
            held.push(["a", "b", "c", "d"].map(|id| answers.first(id).is_some()));
        }
        let a_alone = [true, false, false, false];
        assert_eq!(held, [a_alone, a_alone, a_alone, [false; 4]]);
        let all: Vec<String> =
            answers.into_all().iter().map(|answer| answer.as_json().to_owned()).collect();
        let wanted = ["a", "b", "c", "d"].into_iter().enumerate();
        let wanted: Vec<String> =
            wanted.map(|(index, id)| format!(r#"["Foo/get",{{"x":{index}}},"{id}"]"#)).collect();
        assert_eq!(all, wanted);
    }
}
